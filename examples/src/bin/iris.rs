//! Typed records, partitions that the application chooses, consumers that end when nothing comes, and a plot.
//!
//! Writes the 150 rows of Fisher's Iris data to two topics and reads them by three consumers: one draws all, one prints a
//! table of setosa, one prints every record of virginica. `--idle` says after how many seconds without a record they end,
//! `--plot` where the picture goes. `KAFKA_BOOTSTRAP_SERVERS` says which cluster; without it, an embedded one.

use kafka_sdk::typed::Typed;
use kafka_sdk::{Kafka, KafkaMessage, Offset};
use kafka_sdk_examples::{Flags, Result, cluster, exit, two_partitions_each};
use plotters::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// One flower: the columns of `data/iris.csv`.
#[derive(Debug, Deserialize, Serialize, KafkaMessage)]
#[kafka(format = json)]
struct Iris {
    sepal_length: f64,
    sepal_width: f64,
    petal_length: f64,
    petal_width: f64,
    species: String,
}

const VIRGINICA_SETOSA: &str = "virginicasetosa";
const VERSICOLOR: &str = "versicolor";
const VIRGINICA: (&str, i32) = (VIRGINICA_SETOSA, 0);
const SETOSA: (&str, i32) = (VIRGINICA_SETOSA, 1);

const COLOURS: [(&str, RGBColor); 3] = [("virginica", RED), ("setosa", BLUE), ("versicolor", GREEN)];

#[tokio::main]
async fn main() -> ExitCode {
    exit(run().await)
}

async fn run() -> Result<()> {
    let flags = Flags::read(&["--idle", "--plot"])?;
    let (idle, plot) = (flags.seconds("--idle", 10.0)?, flags.text("--plot", "iris.svg"));
    let (servers, _cluster) = cluster().await?;
    let kafka = Kafka::connect(&servers).await?;
    two_partitions_each(&kafka, &[VIRGINICA_SETOSA, VERSICOLOR]).await?;
    produce(&kafka).await?;

    let everything = [VIRGINICA, SETOSA, (VERSICOLOR, 0), (VERSICOLOR, 1)];
    let (all, setosa, virginica) = tokio::try_join!(
        consume(&kafka, &everything, idle),
        consume(&kafka, &[SETOSA], idle),
        consume(&kafka, &[VIRGINICA], idle),
    )?;
    draw(&all, Path::new(&plot))?;
    println!("{plot}: {} flowers", all.len());
    print_table(&setosa);
    for flower in &virginica {
        println!("{VIRGINICA_SETOSA}-0 at offset {}: {:?}", flower.message().offset(), **flower);
    }
    Ok(())
}

async fn produce(kafka: &Kafka) -> Result<()> {
    let rows = csv::Reader::from_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/iris.csv"))?;
    let producer = kafka.producer().await?;
    let two_kinds = producer.topic(VIRGINICA_SETOSA).await?.of::<Iris>();
    let versicolor = producer.topic(VERSICOLOR).await?.of::<Iris>();
    let (both, mut deliveries) = ([versicolor.to_partition(0), versicolor.to_partition(1)], Vec::new());
    let (virginica, setosa) = (two_kinds.to_partition(VIRGINICA.1), two_kinds.to_partition(SETOSA.1));
    for (row, flower) in rows.into_deserialize::<Iris>().enumerate() {
        let flower = flower?;
        let to = match flower.species.as_str() {
            "virginica" => &virginica,
            "setosa" => &setosa,
            "versicolor" => &both[row % 2],
            other => return Err(format!("row {row} is a flower of no known kind: {other}").into()),
        };
        deliveries.push(to.enqueue(&flower).await?);
    }
    let count = deliveries.len();
    for delivery in deliveries {
        delivery.await?;
    }
    println!("wrote {count} flowers");
    Ok(producer.close().await?)
}

/// All that is in these partitions, until nothing comes any more.
async fn consume(kafka: &Kafka, partitions: &[(&str, i32)], idle: Duration) -> Result<Vec<Typed<Iris>>> {
    let from_the_start = partitions.iter().map(|partition| (*partition, Offset::Earliest));
    let mut reader = kafka.reader().assign(from_the_start).stop_after_idle(idle).typed::<Iris>().await?;
    let mut flowers = Vec::new();
    while let Some(flower) = reader.next().await {
        flowers.push(flower?);
    }
    Ok(flowers)
}

/// Sepal length against sepal width, a colour for each class.
fn draw(flowers: &[Typed<Iris>], to: &Path) -> Result<()> {
    let area = SVGBackend::new(to, (800, 600)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Iris: sepal length against sepal width", ("sans-serif", 24))
        .margin(16)
        .x_label_area_size(48)
        .y_label_area_size(56)
        .build_cartesian_2d(4.0..8.2, 1.8..4.8)?;
    let mut mesh = chart.configure_mesh();
    mesh.x_desc("sepal length (cm)").y_desc("sepal width (cm)");
    mesh.axis_desc_style(("sans-serif", 18))
        .label_style(("sans-serif", 14))
        .light_line_style(TRANSPARENT)
        .draw()?;
    for (species, colour) in COLOURS {
        let dot = move |at| Circle::new(at, 4, colour.mix(0.6).filled());
        let of_species = flowers.iter().filter(|flower| flower.species == species);
        let points = of_species.map(|flower| dot((flower.sepal_length, flower.sepal_width)));
        chart
            .draw_series(points)?
            .label(species)
            .legend(move |(x, y)| Circle::new((x + 8, y), 4, colour.filled()));
    }
    let mut legend = chart.configure_series_labels();
    legend.position(SeriesLabelPosition::UpperRight).label_font(("sans-serif", 16));
    legend.background_style(WHITE).border_style(BLACK.mix(0.4)).draw()?;
    Ok(area.present()?)
}

fn print_table(flowers: &[Typed<Iris>]) {
    println!(
        "{:>12} {:>11} {:>12} {:>11} {:>10}",
        "sepal length", "sepal width", "petal length", "petal width", "species"
    );
    for flower in flowers {
        let Iris { sepal_length, sepal_width, petal_length, petal_width, species } = &**flower;
        println!(
            "{sepal_length:>12.1} {sepal_width:>11.1} {petal_length:>12.1} {petal_width:>11.1} {species:>10}"
        );
    }
}
