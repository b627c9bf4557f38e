//! What the table decides, seen from four sides: the whole matrix as a file to read (`golden`), the seeds' own words
//! against it (`seed_tables`), rules that come from combining rows (`composed`), and the sentences of a no (`denials`). And
//! from the rows of a real database (`rows`), where each relation is made in every way in which it can come about.

mod composed;
mod denials;
mod golden;
mod grid;
mod requirements;
mod rows;
mod seed_tables;
