"""Reports in repositories that nobody has looked at: drawn by chance, judged by a person.

What the linter gets right on the code that it was made with says little.  So now and then
repositories are drawn that were never used, reports are drawn from them, and somebody reads
each of them and decides whether the maintainer would act on it.  A record keeps the places and
the verdicts, no code.  A repository that was drawn is used up: it is never drawn again.
"""
