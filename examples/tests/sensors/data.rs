//! What the stations have measured: made up, and always the same. `KAFKA_SDK_WRITE_DATA=1` writes the files anew.

use std::env;
use std::path::{Path, PathBuf};

/// One row a minute, up to midnight.
const ROWS: u32 = 50;

/// A column: its name, where it begins, how far it goes in a minute, where it stays within, and its decimals.
struct Column {
    name: &'static str,
    start: f64,
    step: f64,
    within: (f64, f64),
    decimals: usize,
}

const fn column(name: &'static str, start: f64, step: f64, within: (f64, f64), decimals: usize) -> Column {
    Column { name, start, step, within, decimals }
}

pub(crate) struct Station {
    pub(crate) topic: &'static str,
    id: &'static str,
    seed: u64,
    columns: &'static [Column],
}

pub(crate) const STATIONS: [Station; 3] = [
    Station {
        topic: "AIR",
        id: "SVDT1",
        seed: 1,
        columns: &[
            column("Temperature", 27.4, 0.3, (22.0, 36.0), 1),
            column("Moisture", 81.0, 0.8, (40.0, 100.0), 1),
            column("Light", 0.0, 3.0, (0.0, 100.0), 0),
            column("Total_Rainfall", 12.6, 0.0, (0.0, 500.0), 1),
            column("Rainfall", 0.0, 0.1, (0.0, 20.0), 1),
            column("Wind_Direction", 140.0, 12.0, (0.0, 359.0), 0),
            column("PM2.5", 18.0, 1.5, (2.0, 150.0), 1),
            column("PM10", 31.0, 2.0, (5.0, 250.0), 1),
            column("CO", 410.0, 15.0, (50.0, 2000.0), 0),
            column("NOx", 22.0, 1.2, (1.0, 200.0), 1),
            column("SO2", 6.0, 0.4, (0.5, 80.0), 1),
        ],
    },
    Station {
        topic: "EARTH",
        id: "SVDT3",
        seed: 3,
        columns: &[
            column("Moisture", 34.0, 0.4, (5.0, 60.0), 1),
            column("Temperature", 25.8, 0.1, (18.0, 34.0), 1),
            column("Salinity", 210.0, 4.0, (50.0, 900.0), 0),
            column("pH", 6.4, 0.02, (4.5, 8.5), 2),
            column("Water_Root", 41.0, 0.6, (0.0, 100.0), 1),
            column("Water_Leaf", 17.0, 0.9, (0.0, 100.0), 1),
            column("Water_Level", 120.0, 1.0, (0.0, 400.0), 0),
            column("Voltage", 12.6, 0.02, (10.5, 14.4), 2),
        ],
    },
    Station {
        topic: "WATER",
        id: "SVDT2",
        seed: 2,
        columns: &[
            column("pH", 7.2, 0.02, (6.0, 9.0), 2),
            column("DO", 6.1, 0.06, (2.0, 12.0), 2),
            column("Temperature", 28.3, 0.1, (20.0, 34.0), 1),
            column("Salinity", 0.42, 0.01, (0.05, 30.0), 2),
        ],
    },
];

/// Knuth's MMIX generator: the same numbers for ever, whichever version of whichever crate there is. From -1 to 1.
fn draw(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    f64::from((*state >> 33) as u32) / f64::from(1_u32 << 30) - 1.0
}

impl Station {
    pub(crate) fn header(&self) -> String {
        let names = self.columns.iter().map(|column| column.name);
        ["Time", "Station"].into_iter().chain(names).collect::<Vec<_>>().join(",")
    }

    /// Each column walks from where it was, within its bounds.
    fn csv(&self) -> String {
        let mut state = self.seed;
        let mut values: Vec<f64> = self.columns.iter().map(|column| column.start).collect();
        let mut text = self.header();
        for row in 0..ROWS {
            text += &format!("\n31/08/2023 23:{:02}:00,{}", 60 - ROWS + row, self.id);
            for (column, value) in self.columns.iter().zip(&mut values) {
                text += &format!(",{value:.*}", column.decimals);
                *value = (*value + column.step * draw(&mut state)).clamp(column.within.0, column.within.1);
            }
        }
        text + "\n"
    }
}

pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

#[test]
fn the_files_are_what_the_generator_makes() {
    for station in &STATIONS {
        let file = folder().join(station.topic).with_extension("csv");
        if env::var_os("KAFKA_SDK_WRITE_DATA").is_some() {
            std::fs::write(&file, station.csv()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), station.csv(), "{}", file.display());
    }
}
