"""Who the folders of a Gradescope export belong to: its `submission_metadata.yml`."""

import yaml

from grader.batch.claims import Claim
from grader.errors import BadSource

METADATA = ("submission_metadata.yml", "submission_metadata.yaml")
MAX_METADATA = 64 << 20


def submitters(data: bytes) -> dict[str, Claim]:
    """The claim on each folder that has a submitter; raises BadSource where it is no such file."""
    try:
        # this loader knows nothing but text, so that the id 0012 stays what it is and Ruby's own tags do no harm
        document = yaml.CBaseLoader(data).get_single_data()
    except (yaml.YAMLError, RecursionError) as error:
        raise BadSource(f"{METADATA[0]} cannot be read as YAML.") from error
    if not isinstance(document, dict):
        raise BadSource(f"{METADATA[0]} is no table of submissions.")
    claims = {}
    for folder, entry in document.items():
        people = field(entry, "submitters")
        if isinstance(folder, str) and isinstance(people, list):
            names, ids, emails = (
                [text for one in people if (text := word(one, of))] for of in ("name", "sid", "email")
            )
            name = ", ".join(names or emails or ids) or folder
            claims[folder] = Claim(("gradescope", folder), name, folder, ",".join(ids), ",".join(emails))
    return claims


def field(entry: object, name: str) -> object:
    """Of a table whose keys are Ruby's symbols, which begin with a colon, or plain words."""
    return entry.get(f":{name}", entry.get(name)) if isinstance(entry, dict) else None


def word(entry: object, name: str) -> str:
    value = field(entry, name)
    return value.strip() if isinstance(value, str) and value not in ("null", "~") else ""
