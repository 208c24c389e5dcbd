"""Random programs, really executed with PyTorch: what is observed must have been predicted.

``python -m tests.soundness --programs 20000 --seed 1`` is the long run; ``grammar`` writes
the programs, ``judgement`` compares, ``shrinking`` makes a failure small, and ``faults``
shows that faults planted into the analysis are caught.
"""
