//! The UN/LOCODE table, imported once by an operator and kept as a file beside the program's other data.
//!
//! UNECE publishes it (Recommendation 16); the table read here is the one with a column for each field and decimal
//! coordinates. It is not shipped for its size and because part of its coordinates are from OpenStreetMap (ODbL).

use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};

use super::{Gazetteer, GazetteerPlace, Source, boundary, source};
use crate::incident::{Coordinates, Locode};

/// The environment variable that names the imported table, where it is not in its usual place.
pub const PLACES_VARIABLE: &str = "BACKTRAIL_PLACES";

/// First bytes of an imported table, with the version of its form.
const MAGIC: &[u8; 8] = b"BTPLACE1";

/// Why a table could not be imported or read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{path}: {source}")]
    File { path: String, source: std::io::Error },
    #[error("row {row}: {problem}")]
    Row { row: u64, problem: String },
    #[error("no home directory was found; set {PLACES_VARIABLE} to the file to use")]
    NoHome,
    #[error("{0}: found another file, expected a table that `backtrail-admin places import` wrote")]
    Form(String),
}

/// How an import ended. The first two add up to the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    pub rows: u64,
    pub places: u64,
    pub refused: u64,
    /// Places without coordinates in the table: found by code, not on a map.
    pub without_coordinates: u64,
    /// Places whose coordinates lie in another country; kept without them.
    pub elsewhere: u64,
    /// The first refused rows and why.
    pub problems: Vec<String>,
}

/// How many refused rows are told one by one.
const TOLD_PROBLEMS: usize = 20;

/// A row of the table as published.
#[derive(Debug, Deserialize)]
struct Row {
    country: String,
    location: String,
    name: String,
    #[serde(default)]
    subdivision: Option<String>,
    #[serde(default)]
    iata: Option<String>,
    #[serde(default)]
    lat: Option<f64>,
    #[serde(default)]
    lon: Option<f64>,
}

/// Reads the table as published: CSV with the columns `country`, `location`, `name`, `subdivision`, `iata`, `lat` and
/// `lon`; others are passed over. A row that cannot be read is refused and told, the others are kept.
pub fn read_table(reader: impl Read) -> Result<(Vec<GazetteerPlace>, ImportReport), ImportError> {
    let mut report = ImportReport::default();
    let mut places = Vec::new();
    let mut reader = csv::Reader::from_reader(BufReader::new(reader));
    let headers = reader.headers().map_err(|error| ImportError::Row { row: 0, problem: error.to_string() })?.clone();
    for name in ["country", "location", "name", "lat", "lon"] {
        if !headers.iter().any(|header| header == name) {
            let found = headers.iter().collect::<Vec<_>>().join(", ");
            return Err(ImportError::Row {
                row: 0,
                problem: format!("found the columns {found}, expected {name} among them"),
            });
        }
    }
    for row in reader.deserialize::<Row>() {
        report.rows += 1;
        match row.map_err(|error| error.to_string()).and_then(|row| read_row(row, &mut report)) {
            Ok(place) => places.push(place),
            Err(problem) => {
                report.refused += 1;
                if report.problems.len() < TOLD_PROBLEMS {
                    report.problems.push(format!("row {}: {problem}", report.rows));
                }
            }
        }
    }
    report.places = places.len() as u64;
    Ok((places, report))
}

fn read_row(row: Row, report: &mut ImportReport) -> Result<GazetteerPlace, String> {
    let locode: Locode = format!("{}{}", row.country, row.location).parse()?;
    let mut coordinates = match (row.lat, row.lon) {
        // Some rows have "NaN", or minutes beyond a pole.
        (Some(latitude), Some(longitude))
            if (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude) =>
        {
            Some(Coordinates { latitude, longitude })
        }
        _ => {
            report.without_coordinates += 1;
            None
        }
    };
    if coordinates.is_some_and(|coordinates| boundary::is_elsewhere(coordinates, locode.country())) {
        report.elsewhere += 1;
        coordinates = None;
    }
    Ok(GazetteerPlace {
        country: locode.country(),
        name: row.name,
        locode: Some(locode),
        iata: row.iata.filter(|iata| iata.len() == 3),
        coordinates,
        subdivision: row.subdivision.filter(|text| !text.is_empty()),
        source: Source::UnLocode,
        free_zone: source::is_free_zone(locode),
    })
}

/// Where the imported table lies: what [`PLACES_VARIABLE`] names, else `places.bin` in the user's data directory.
pub fn table_path() -> Result<PathBuf, ImportError> {
    if let Some(path) = std::env::var_os(PLACES_VARIABLE) {
        return Ok(path.into());
    }
    let home = etcetera::choose_base_strategy().map_err(|_| ImportError::NoHome)?;
    Ok(home.data_dir().join("backtrail").join("places.bin"))
}

/// Writes the places to `path`, whole or not at all.
pub fn write(path: &Path, places: &[GazetteerPlace]) -> Result<(), ImportError> {
    let file = |source| ImportError::File { path: path.display().to_string(), source };
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory).map_err(file)?;
    let unfinished = path.with_extension("unfinished");
    let bytes = postcard::to_stdvec(places).expect("plain data");
    let mut output = std::fs::File::create(&unfinished).map_err(file)?;
    output.write_all(MAGIC).and_then(|()| output.write_all(&bytes)).and_then(|()| output.sync_all()).map_err(file)?;
    std::fs::rename(&unfinished, path).map_err(file)
}

/// Reads places that [`write`] wrote; none if there is no such file.
pub fn read(path: &Path) -> Result<Vec<GazetteerPlace>, ImportError> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(ImportError::File { path: path.display().to_string(), source }),
    };
    let places = bytes.strip_prefix(MAGIC).and_then(|bytes| postcard::from_bytes(bytes).ok());
    places.ok_or_else(|| ImportError::Form(path.display().to_string()))
}

impl Gazetteer {
    /// The shipped places with the imported table, if there is one.
    pub fn installed() -> Result<Self, ImportError> {
        Ok(Self::with(read(&table_path()?)?))
    }
}
