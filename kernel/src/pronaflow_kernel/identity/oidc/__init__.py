"""Sign-in through an outside OpenID Connect provider (`[oidc]`), as a relying party of the code flow.

`provider` speaks to the provider, `documents` reads what it publishes, `id_tokens` judges what it says of a
person, `states` ties a sign-in to the browser that began it, `people` decides whose account it is, `handlers`
and `routes` are the HTTP face. Authlib and joserfc are imported by `id_tokens` and `messages` only, when a
provider is first spoken to.
"""
