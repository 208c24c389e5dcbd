"""What a project calls things, as a table: the words and wrappers named in the options.

They are added to what the shipped tables say and take nothing away from it.
"""

from __future__ import annotations

from flake8_bn_eval.knowledge.rows import CallableRow, Vocabulary
from flake8_bn_eval.knowledge.schema import Table
from flake8_bn_eval.options import Options


def own_table(options: Options) -> Table:
    """The table that the options make."""
    wrappers = {
        name: CallableRow(name, "--bne-wrappers", returns="argument") for name in options.wrappers
    }
    vocabulary = Vocabulary(
        evaluation_functions=options.evaluation_functions,
        measuring_functions=options.evaluation_functions,
        training_functions=options.training_functions,
        evaluation_data=options.evaluation_data,
        training_data=options.training_data,
        modules=options.models,
    )
    return Table(callables=wrappers, vocabulary=vocabulary)
