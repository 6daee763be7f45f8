# Two images. Their Python is that of the base; torch comes with CUDA, and the driver from the host (`--gpus all`).
#   docker build --target kernel --tag deep-learning-grader-kernel .      what student code runs in
#   docker build --target service --tag deep-learning-grader .            the grader itself
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS kernel
# a second file of pins: constraints-cpu.txt where no GPU will be
ARG TORCH=constraints.txt
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates python3-venv \
    && rm -rf /var/lib/apt/lists/*
COPY pyproject.toml constraints.txt constraints-cpu.txt /opt/
# the libraries alone: nothing of the project is in this image
RUN python3 -m venv /opt/python \
    && python3 -c "import tomllib; print(*tomllib.load(open('/opt/pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
        > /opt/requirements.txt \
    && /opt/python/bin/pip install --no-cache-dir --requirement /opt/requirements.txt \
        --constraint /opt/constraints.txt --constraint "/opt/${TORCH}" \
    && rm /opt/requirements.txt /opt/pyproject.toml /opt/constraints*.txt
ENV PATH=/opt/python/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN useradd --uid 1000 --create-home student
USER student
WORKDIR /home/student

FROM kernel AS service
USER root
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap libseccomp2 \
    && rm -rf /var/lib/apt/lists/* \
    && usermod --login grader --home /var/lib/grader --move-home student
COPY . /opt/grader
RUN /opt/python/bin/pip install --no-cache-dir --no-deps --editable /opt/grader
USER grader
WORKDIR /var/lib/grader
ENTRYPOINT ["grader"]
