"""The language server: what is found, while it is being typed.

Needs pygls, which the extra ``server`` brings; the rest of the package never imports this.
https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
"""
