package sqldriver

import (
	"context"
	"strings"

	"github.com/sqlservice/sqlservice/guest-sdk/go"
)

// savepoint is a savepoint of the connection's transaction, and its name in the SQL text.
type savepoint struct {
	name  string
	point *sqlservice.Savepoint
}

// savepointIn parses `SAVEPOINT name`, `RELEASE [SAVEPOINT] name` and `ROLLBACK TO [SAVEPOINT] name`, by which programs nest
// transactions. The host refuses such text: its savepoints are handles.
func savepointIn(query string) (word, name string, ok bool) {
	fields := strings.Fields(strings.TrimRight(strings.TrimSpace(query), ";"))
	take := func(words ...string) bool {
		if len(fields) != len(words)+1 {
			return false
		}
		for i, w := range words {
			if !strings.EqualFold(fields[i], w) {
				return false
			}
		}
		name = fields[len(words)]
		return true
	}
	switch {
	case take("SAVEPOINT"):
		return "savepoint", name, true
	case take("RELEASE", "SAVEPOINT"), take("RELEASE"):
		return "release", name, true
	case take("ROLLBACK", "TO", "SAVEPOINT"), take("ROLLBACK", "TO"):
		return "rollback", name, true
	}
	return "", "", false
}

// atSavepoint sets, releases or rolls back to a savepoint. Rolling back to a savepoint keeps it, as in SQL.
func (c *conn) atSavepoint(ctx context.Context, word, name string) error {
	if word == "savepoint" {
		point, err := c.session.Savepoint(ctx)
		if err == nil {
			c.savepoints = append(c.savepoints, savepoint{name, point})
		}
		return err
	}
	at := len(c.savepoints) - 1
	for at >= 0 && c.savepoints[at].name != name {
		at--
	}
	if at < 0 {
		return &sqlservice.Error{Code: "invalid", Message: "there is no savepoint " + name, Position: -1}
	}
	for len(c.savepoints) > at {
		last := c.savepoints[len(c.savepoints)-1]
		c.savepoints = c.savepoints[:len(c.savepoints)-1]
		end := last.point.Release
		if word == "rollback" {
			end = last.point.Rollback
		}
		if err := end(ctx); err != nil {
			return err
		}
	}
	if word == "rollback" {
		return c.atSavepoint(ctx, "savepoint", name)
	}
	return nil
}
