//! The GitLab backend of ogr.
