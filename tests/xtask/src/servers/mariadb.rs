//! MariaDB: initialised by mariadb-install-db, its one user created by an init file.

use std::{io::Read as _, net::TcpStream, path::PathBuf, process::Command, time::Duration};

use anyhow::{Context, Result};

use super::{Home, Kind, PASSWORD, USER, find_programs, path_directories};
use crate::progress::run_quietly;

#[derive(Debug)]
pub(super) struct MariaDb {
    server: PathBuf,
    install: PathBuf,
}

impl MariaDb {
    pub(super) fn find() -> Result<Self> {
        let missing = "MariaDB's server programs (mariadbd, mariadb-install-db) are not installed; Debian's package is `mariadb-server`";
        let find =
            |program| find_programs(path_directories(), &[program]).map(|dir| dir.join(program)).context(missing);
        Ok(Self { server: find("mariadbd")?, install: find("mariadb-install-db")? })
    }
}

impl Kind for MariaDb {
    const NAME: &'static str = "MariaDB";
    const OWNER: &'static str = "mysql";
    // It is a single process, and its data is discarded.
    const SIGNAL: &'static str = "KILL";
    const PID_FILE: &'static str = "none";

    fn initialise(&self, home: &Home) -> Result<()> {
        // One statement a line. The default users of a new data directory can log in without a password.
        let users = format!(
            "DELETE FROM mysql.global_priv WHERE User IN ('root', '', 'PUBLIC');\n\
             FLUSH PRIVILEGES;\n\
             CREATE USER IF NOT EXISTS {USER}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n\
             GRANT ALL ON *.* TO {USER}@'127.0.0.1' WITH GRANT OPTION;\n"
        );
        home.write("users.sql", &users)?;
        let mut command = home.command(&self.install);
        command.args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal"]);
        command.arg(format!("--datadir={}", home.path.join("data").display()));
        run_quietly(&mut command).map(drop)
    }

    fn serve(&self, home: &Home, port: u16) -> Command {
        let mut command = home.command(&self.server);
        command.arg("--no-defaults");
        for (option, path) in
            [("datadir", "data"), ("socket", "socket"), ("pid-file", "pid"), ("init-file", "users.sql"), ("tmpdir", "")]
        {
            command.arg(format!("--{option}={}", home.path.join(path).display()));
        }
        command.args(["--bind-address=127.0.0.1", &format!("--port={port}"), "--max-connections=300"]);
        command.args(["--character-set-server=utf8mb4", "--default-time-zone=+00:00", "--skip-name-resolve"]);
        command.args(["--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--innodb-doublewrite=0"]);
        command.args(["--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M"]);
        command
    }

    fn answers(&self, _home: &Home, port: u16) -> bool {
        // The server sends its greeting first, and only after it has run the init file.
        let greeted = || -> std::io::Result<usize> {
            let mut stream = TcpStream::connect(("127.0.0.1", port))?;
            stream.set_read_timeout(Some(Duration::from_secs(1)))?;
            stream.read(&mut [0; 5])
        };
        greeted().is_ok_and(|bytes| bytes == 5)
    }
}
