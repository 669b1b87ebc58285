//! The Pagure backend of ogr.
