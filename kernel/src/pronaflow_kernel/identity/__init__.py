"""Who people are, and how they prove it (modules.md 1).

`accounts` and what stands beside it: registration, profile, the tables, mails and routes. `passwords`: the
rule, the hashes, signing in with one, changing it. `sessions`: access and refresh tokens, the list, step-up.
`guessing`: what failed attempts bar. `mfa`: the second factor. `oidc`: signing in at an outside provider.
`leaving`: deleting an account, and what is held of a person.
"""
