//! The speed gate: this SDK next to the best clients, in one run, by one command.
//!
//! ```text
//! cargo run --release --bin gate -- --help
//! ```
//!
//! Each figure comes from fresh processes, a null broker on one core and a client on another, in the order A B B A, so
//! that what drifts on the machine hits all of them. What counts is the median of the ratios of runs that are neighbours.

mod arguments;
mod fetched;
mod first;
mod machine;
mod programs;
mod refuse;
mod rounds;
mod rows;
mod run;
mod table;
mod verdict;

use arguments::Arguments;
use clap::Parser;
use programs::Programs;
use std::process::ExitCode;
use table::Table;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Err(refusal) = arguments.check() {
        eprintln!("refused: {refusal}");
        return ExitCode::from(2);
    }
    let programs = Programs::build();
    let mut table = Table::new(machine::describe(&arguments, &programs));
    for row in rows::all().into_iter().filter(|row| arguments.wants(row.name)) {
        eprintln!("{}", row.name);
        let rounds = rounds::all(&arguments, &programs, &row);
        table.add(&row, &rounds);
    }
    if arguments.wants(fetched::NAME) {
        eprintln!("{}", fetched::NAME);
        table.add_fetched(fetched::run(&arguments, &programs));
    }
    if arguments.wants(first::NAME) {
        eprintln!("{}", first::NAME);
        table.add_first(first::run(&programs));
    }
    let text = table.markdown();
    println!("{text}");
    if let Err(error) = table::keep(&arguments, programs.target(), &text) {
        eprintln!("the table could not be written: {error}");
    }
    if table.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
