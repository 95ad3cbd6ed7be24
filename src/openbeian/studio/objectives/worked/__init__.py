"""The worked examples of the mathematics: the numbers of docs/mathematics.md, from the losses the models are trained with.

`games` works the founding document's chapters 8, 11 and 13 (and what 15, 17 and 18 do with them), `equilibria` what those chapters leave out,
`bounds` its chapters 9, 12 and 14. Each function is one example; the tests hold its numbers against independent arithmetic, and the page
prints what it returns.
"""
