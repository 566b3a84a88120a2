package sqlservice

import (
	"github.com/sqlservice/sqlservice/guest-sdk/go/export"
	"github.com/sqlservice/sqlservice/guest-sdk/go/internal/contract"
)

var declaredModels = export.New(func() contract.Models {
	declared, err := models.declared()
	if err != nil {
		panic(err)
	}
	return declared
})

//go:wasmexport sqlservice:database/declarations@0.2.0#declared-models
func wasmDeclaredModels() int32 { return int32(declaredModels.Call()) }

//go:wasmexport cabi_post_sqlservice:database/declarations@0.2.0#declared-models
func wasmDeclaredModelsDone(int32) { export.Done() }
