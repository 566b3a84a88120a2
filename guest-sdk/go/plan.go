package sqlservice

import (
	"slices"
	"sync"

	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/abi"
	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

const (
	// plansAtMost is how many statements a database remembers. Each can be a handle, of which a plugin has a limited number.
	plansAtMost = 32
	// nodesAtMost is the nodes of one: larger ones are made by programs and seldom come again.
	nodesAtMost = 256
)

// plan is a statement that came before. The second time, it is prepared.
type plan struct {
	prepared contract.Prepared
	columns  []contract.ResultColumn
	open     bool
	used     uint64
	// users is how many run it right now; it is closed when none does and it is gone.
	users int
	gone  bool
}

// plans is what a database and its sessions remember, the least recently used forgotten first.
type plans struct {
	lock  sync.Mutex
	known map[string]*plan
	clock uint64
	ended bool
}

// statement is a statement, and the literals in it that may as well be parameters.
type statement struct {
	contract.Statement
	bound []contract.NodeID
}

func isParameter(n contract.Node) bool { _, ok := n.(contract.Parameter); return ok }

// find is the prepared statement of one that came before, with the values of its parameters; nil where it is best sent as it is.
// It has to be released.
func (p *plans) find(s *Session, st statement) (*plan, []contract.Value) {
	if p == nil || len(st.Nodes) > nodesAtMost || slices.ContainsFunc(st.Nodes, isParameter) {
		return nil, nil
	}
	values := make([]contract.Value, len(st.bound))
	for i, id := range st.bound {
		values[i] = st.Nodes[id].(contract.Literal).Value
		st.Nodes[id] = contract.Parameter(i)
	}
	if found := p.look(&st.Statement); found != nil {
		if p.prepare(s, found, st.Statement) {
			return found, values
		}
		p.release(found)
	}
	for i, id := range st.bound {
		st.Nodes[id] = contract.Literal{Value: values[i]}
	}
	return nil, nil
}

// look is what is known of a statement; one that comes for the first time is only remembered.
func (p *plans) look(st *contract.Statement) (found *plan) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.ended {
		return nil
	}
	p.clock++
	// What cannot be handed over has no key; it is told when the statement is sent.
	_ = abi.Key(st, func(key []byte) {
		if found = p.known[string(key)]; found != nil {
			found.used = p.clock
			found.users++
			return
		}
		if len(p.known) >= plansAtMost {
			p.forget()
		}
		if p.known == nil {
			p.known = map[string]*plan{}
		}
		p.known[string(key)] = &plan{used: p.clock}
	})
	return found
}

// forget takes the least recently used one out.
func (p *plans) forget() {
	var oldest string
	for key, known := range p.known {
		if oldest == "" || known.used < p.known[oldest].used {
			oldest = key
		}
	}
	p.drop(p.known[oldest])
	delete(p.known, oldest)
}

func (p *plans) drop(known *plan) {
	known.gone = true
	if known.users == 0 && known.open {
		known.open = false
		known.prepared.Drop()
	}
}

// release says that a plan is not run any more.
func (p *plans) release(known *plan) {
	p.lock.Lock()
	defer p.lock.Unlock()
	known.users--
	if known.gone {
		p.drop(known)
	}
}

// prepare compiles a statement that came again, where it is not yet. Where that fails, what is wrong with it is told when it is
// sent.
func (p *plans) prepare(s *Session, known *plan, st contract.Statement) bool {
	if known.open {
		return true
	}
	prepared, failure := s.handle.Prepare(st)
	if failure != nil {
		return false
	}
	if known.open { // By another goroutine, meanwhile.
		prepared.Drop()
		return true
	}
	columns := prepared.Columns()
	known.prepared, known.columns, known.open = prepared, columns, true
	return true
}

// end forgets all.
func (p *plans) end() {
	p.lock.Lock()
	defer p.lock.Unlock()
	for _, known := range p.known {
		p.drop(known)
	}
	p.known, p.ended = nil, true
}
