//! The Forgejo and Gitea backend of ogr.
