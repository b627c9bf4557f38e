//! Fills an empty database with a large installation: `crowd ADDRESS [JOBS PEOPLE PRINTERS TEAMS PROJECTS]`. An address is a path or
//! `postgres://...`. For the benchmark, and for looking at plans by hand.

use std::time::Instant;

use testkit::crowd::{self, Scale};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().ok_or("crowd ADDRESS [JOBS PEOPLE PRINTERS TEAMS PROJECTS]")?;
    let numbers = arguments.map(|text| text.parse()).collect::<Result<Vec<i64>, _>>()?;
    let scale = match numbers[..] {
        [] => Scale::FULL,
        [jobs, people, printers, teams, projects] => Scale { jobs, people, printers, teams, projects },
        _ => return Err("give five numbers: jobs, people, printers, teams, projects".into()),
    };
    let start = Instant::now();
    crowd::tables(&address).await;
    crowd::fill(&address, &scale).await;
    println!("{} print jobs in {:.0} s", scale.jobs, start.elapsed().as_secs_f64());
    Ok(())
}
