"""The networks of the studio, as functions of a recipe's few numbers."""
