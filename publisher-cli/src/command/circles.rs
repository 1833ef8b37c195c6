//! `backtrail circles`

use anyhow::Context as _;
use backtrail_bus::exit;
use backtrail_bus::register::CirclesEntry;
use backtrail_bus::stream;

use crate::output::print_json;
use crate::session::Session;

/// List the circles that you can post to, and who reads them
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  backtrail circles")]
pub(crate) struct Circles {}

impl Circles {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<u8> {
        let connection = session.connect().await?;
        let request = stream::hub_api(&stream::register_get(&stream::register_circles_key(session.agency())));
        let reply = connection.client.request(request, "".into()).await.context("the hub's register did not answer")?;
        let circles: CirclesEntry = match reply.status {
            None => serde_json::from_slice(&reply.payload).context("the register's entry was not understood")?,
            Some(_) => CirclesEntry::default(),
        };
        if session.json {
            print_json(&circles);
            return Ok(exit::DONE);
        }
        for (id, circle) in &circles.0 {
            let members: Vec<&str> = circle.members.iter().map(|member| member.as_str()).collect();
            println!("{id}  {}\n  read by: {}", circle.description, members.join(", "));
        }
        Ok(exit::DONE)
    }
}
