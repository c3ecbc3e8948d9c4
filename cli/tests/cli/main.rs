//! The program on real stores; this process is the one that holds something, the program is another.

mod doctor;
mod entries;
mod live;
mod output;
mod refusals;
mod reports;
mod show;
mod support;
mod tools;
mod whole;
