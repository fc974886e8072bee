"""Sign-in through an outside OpenID Connect provider (`[oidc]`), as a relying party of the code flow.

`provider` speaks to the provider, `id_tokens` judges what it says, `states` ties a sign-in to the browser that
began it, `people` decides whose account it is, `handlers` and `routes` are the HTTP face. Authlib and joserfc
are imported where they are used, when a provider is configured.
"""
