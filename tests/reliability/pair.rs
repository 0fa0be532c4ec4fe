//! Two PostgreSQL servers, of which one follows the other synchronously.

use std::time::Instant;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::time::sleep;

use crate::scene::{LOOK, Scene, ready};
use crate::support::postgres::Cluster;
use crate::support::program::Process;

/// A leader and the standby that every commit waits for.
pub struct Pair {
    pub leader: Cluster,
    pub standby: Cluster,
    /// `DATABASE_URL` with both, the leader first.
    pub url: String,
}

impl Pair {
    /// Gives the scene's cluster a standby, and lends both.
    pub async fn of(scene: &mut Scene) -> Self {
        let leader = scene.cluster.take().expect("these are PostgreSQL's");
        let standby = leader.standby("fsync=on");
        set(&leader, "synchronous_standby_names = '*'").await;
        let mut admin = admin(&leader).await;
        let followers = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        while count(&mut admin, followers).await == 0 {
            sleep(LOOK).await;
        }
        let both = format!(":{},127.0.0.1:{}/", leader.port, standby.port);
        let url = scene.database.url.replace(&format!(":{}/", leader.port), &both) + "&target_session_attrs=read-write";
        Self { leader, standby, url }
    }

    /// The standby has taken over from the leader, a server has followed it, and the leader is back as one. With the
    /// server and a token.
    pub async fn of_leaders(scene: &mut Scene) -> (Self, Process, String) {
        let mut pair = Self::of(scene).await;
        let process = pair.serve(scene);
        let token = process.token("user.api").await;
        pair.leader.kill();
        pair.standby.promote();
        ready(&process, Instant::now()).await;
        pair.leader.restart();
        (pair, process, token)
    }

    pub fn serve(&self, scene: &Scene) -> Process {
        scene.serve_with(&[("DATABASE_URL", &self.url)], &[])
    }

    /// A server whose log the test reads.
    pub fn serve_unread(&self, scene: &Scene) -> Process {
        Process::serve_unread(&scene.database, &[("DATABASE_URL", &self.url)])
    }

    /// Gives the scene the new leader, and ends the old one.
    pub fn settle(self, scene: &mut Scene) {
        let port = |cluster: &Cluster| format!(":{}/", cluster.port);
        scene.database.url = scene.database.url.replace(&port(&self.leader), &port(&self.standby));
        scene.cluster = Some(self.standby);
    }
}

/// Changes a setting of `cluster` while it runs.
pub async fn set(cluster: &Cluster, setting: &str) {
    let mut admin = admin(cluster).await;
    admin.execute(AssertSqlSafe(format!("ALTER SYSTEM SET {setting}"))).await.unwrap();
    admin.execute("SELECT pg_reload_conf()").await.unwrap();
}

pub async fn admin(cluster: &Cluster) -> PgConnection {
    PgConnection::connect(&cluster.url).await.unwrap()
}

pub async fn count(session: &mut PgConnection, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement).fetch_one(session).await.unwrap()
}
