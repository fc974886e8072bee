"""Files that users upload and the server keeps: attachments, logos, exports.

`store` says what a store does, `local` keeps files in a folder and `s3` in a bucket, `files` is what plugins
use: it names stored files in the database, so that what nobody names can be found and removed.
"""
