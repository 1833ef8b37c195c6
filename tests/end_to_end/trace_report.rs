//! The report of a trace, opened in a browser: hostile reports stay text, nothing is fetched, nothing is complained of.

use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use backtrail_tests::{Bus, program};
use serde_json::{Value, json};

/// A server that counts who connects and answers nobody.
fn listener() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let visits = Arc::new(AtomicUsize::new(0));
    let counted = visits.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.map(|mut stream| stream.read(&mut [0; 1024]));
        }
    });
    (port, visits)
}

/// Opens a file in the browser and returns what it wrote.
fn open(page: &Path, arguments: &[&str]) -> Output {
    let wanted = std::env::var_os("CHROMIUM").map_or_else(|| PathBuf::from("chromium"), PathBuf::from);
    let profile = tempfile::tempdir().unwrap();
    Command::new(wanted)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--enable-logging=stderr", "--window-size=900,2400", "--virtual-time-budget=3000"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(arguments)
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("a Chromium; `deploy/chromium` obtains one")
}

fn console(output: &Output) -> Vec<String> {
    let log = String::from_utf8_lossy(&output.stderr);
    log.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_trace_is_a_quiet_report() {
    let bus = Bus::start(&[("nl-customs", &["all"]), ("be-police", &["all"])]).await;
    let daemon = bus.daemon("nl-customs");
    let (port, visits) = listener();
    let attack = format!(
        "<img src=http://127.0.0.1:{port}/a onerror=\"console.error('run')\"><script>console.error('run')</script>\
         </style><link rel=stylesheet href=http://127.0.0.1:{port}/b>\" ' \u{202e} & </td>"
    );
    let post = |reference: &str, day: &str, locode: &str, handling: &str| {
        json!({
            "own_reference": format!("{reference}<b>"), "kind": "seizure", "occurred_at": day,
            "place": {"country": &locode[..2], "locode": locode}, "handling": [handling],
            "substances": [{"name": format!("ketamine {attack}")}],
            "parties": [{"role": "consignor", "name": format!("Lotus Harbour {attack}"), "country": &locode[..2]}],
            "identifiers": [{"kind": "container", "value": "MSKU6011672"}],
        })
    };
    // To the United States, from Japan over the date line and from Europe.
    bus.officer("be-police").post(post("J-1", "2026-01-10", "JPTYO", "H2"), &["all"]).await;
    bus.officer("be-police").post(post("R-1", "2026-02-10", "NLRTM", "H0"), &["all"]).await;
    bus.officer("nl-customs").post(post("N-1", "2026-03-10", "USLAX", "H1"), &["all"]).await;
    daemon.until_messages(3).await;

    let dir = tempfile::tempdir().unwrap();
    let trace = |form: &str| {
        let output = Command::new(program("backtrail"))
            .arg("--context")
            .arg(bus.officer_context("nl-customs"))
            .args(["trace", "N-1<b>", "--both", "--form", form])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let tree = trace("tree");
    assert!(tree.starts_with("handling H2: ") && !tree.contains('\u{202e}'), "{tree}");
    assert!(tree.lines().all(|line| line.chars().count() <= 80), "{tree}");
    let geojson: Value = serde_json::from_str(&trace("geojson")).unwrap();
    assert_eq!(geojson["handling"], json!(["H2", "H1", "H0"]));
    let lines = geojson["features"].as_array().unwrap().iter().map(|feature| &feature["geometry"]["type"]);
    assert!(lines.clone().any(|kind| kind == "MultiLineString"), "{geojson}");
    let graph = trace("graphviz");
    assert!(graph.contains("label=\"H2: "), "{graph}");
    let file = dir.path().join("trace.dot");
    std::fs::write(&file, &graph).unwrap();
    // Graphviz may not be installed; if it is, it reads the graph.
    if let Ok(drawn) = Command::new("dot").arg("-Tsvg").arg(&file).output() {
        assert!(drawn.status.success(), "{}", String::from_utf8_lossy(&drawn.stderr));
    }

    let page = dir.path().join("report.html");
    std::fs::write(&page, trace("html")).unwrap();
    let shown = open(&page, &["--dump-dom"]);
    let dom = String::from_utf8_lossy(&shown.stdout);
    assert_eq!(console(&shown), [""; 0], "{dom}");
    assert!(dom.contains("N-1&lt;b&gt;") && dom.contains("onerror="), "{dom}");
    for element in ["<img", "<script", "<link", "</b>", "<iframe"] {
        // The report itself has bold words; a stranger has none.
        let allowed = usize::from(element == "</b>") * dom.matches("<b>To confirm:</b>").count() * 2;
        assert_eq!(dom.matches(element).count(), allowed, "{element}: {dom}");
    }
    assert!(dom.contains("<thead><tr><th><div class=\"handling\">Handling <span>H2: "), "{dom}");
    let picture = dir.path().join("report.png");
    let drawn = open(&page, &[&format!("--screenshot={}", picture.display())]);
    assert_eq!(console(&drawn), [""; 0]);
    // An empty page is a few kilobytes.
    assert!(std::fs::metadata(&picture).unwrap().len() > 50_000);
    let printed = dir.path().join("report.pdf");
    open(&page, &[&format!("--print-to-pdf={}", printed.display())]);
    assert!(std::fs::read(&printed).unwrap().starts_with(b"%PDF-"));
    assert_eq!(visits.load(Ordering::SeqCst), 0);

    // The same text as markup would have been noticed.
    let control = dir.path().join("control.html");
    std::fs::write(&control, format!("<!DOCTYPE html><title>x</title>{attack}")).unwrap();
    let noticed = open(&control, &["--dump-dom"]);
    assert!(!console(&noticed).is_empty() && visits.load(Ordering::SeqCst) > 0);
    if let Some(kept) = std::env::var_os("BACKTRAIL_KEEP_REPORT") {
        std::fs::copy(&page, kept).unwrap();
    }
}
