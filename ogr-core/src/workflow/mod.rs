//! What programs really want done, on the traits alone: run twice, or resumed after a lost answer, it leaves one
//! thing and not two.
