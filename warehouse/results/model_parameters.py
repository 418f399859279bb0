"""The contract of results.model_parameters."""

from warehouse.contracts import Column, Question, result_table

TABLE = result_table(
    name="model_parameters",
    grain="one row per family, model, scope and parameter",
    description="Every fitted parameter of a champion that a statistician would ask for.",
    key=("model", "scope", "parameter"),
    columns=(
        Column(name="model", type="VARCHAR", description="The champion."),
        Column(name="scope", type="VARCHAR", description="What it was fitted on, such as total or a category."),
        Column(name="parameter", type="VARCHAR", description="The parameter's standard name."),
        Column(name="value", type="DOUBLE", description="The estimate.", nullable=True),
        Column(name="standard_error", type="DOUBLE", description="Where the method gives one.", nullable=True),
        Column(name="lower", type="DOUBLE", description="Lower end of its 95% interval.", nullable=True),
        Column(name="upper", type="DOUBLE", description="Upper end of its 95% interval.", nullable=True),
        Column(name="note", type="VARCHAR", description="Unit, or how to read it.", nullable=True),
    ),
    questions=(
        Question(
            text="What was fitted, and how surely?",
            sql=(
                "SELECT family, scope, parameter, value, standard_error FROM results.model_parameters "
                "ORDER BY family, model, scope, parameter LIMIT 50"
            ),
        ),
    ),
    shared=True,
)
