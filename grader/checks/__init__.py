"""Generic checks. A check is a function that returns when all is well and raises CheckFailed with a sentence.

It takes by name what it needs: `student` and `reference` (the same face), `draw` (a generator for hidden inputs),
`object` (the name that the item is about), `libraries` (library names that its code mentions), `hiding` (what in it hides how results come about), and the rubric's params.
"""
