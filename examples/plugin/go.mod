module example.com/backend

go 1.23

require (
	github.com/gofrs/uuid v3.3.0+incompatible
	github.com/gorilla/mux v1.8.1
	github.com/stretchr/testify v1.9.0
	go.uber.org/zap v1.26.0
	google.golang.org/protobuf v1.34.2
)

require (
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/pmezard/go-difflib v1.0.0 // indirect
	go.uber.org/multierr v1.10.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
