# The package for AWS Lambda, and the tools for it. `sam build` calls the targets named build- and a function of
# template.yaml; samconfig.toml has it do so in this folder, so that the guest and the wheels are made only once.

# Which section of samconfig.toml it is deployed by; default is that of prod.
STAGE ?= prod
LAMBDA_PYTHON ?= 3.13
# The kernel's name for the processor, which the compiled guest and the wheels carry.
LAMBDA_MACHINE := $(subst arm64,aarch64,$(shell uname -m))
LAMBDA_ARCHITECTURE := $(subst aarch64,arm64,$(LAMBDA_MACHINE))

LAMBDA_WHEELS := build/lambda/wheels-$(LAMBDA_PYTHON)-$(LAMBDA_MACHINE)
LAMBDA_EMULATOR := build/lambda/emulator-$(LAMBDA_PYTHON)-$(LAMBDA_MACHINE)
LAMBDA_IMAGE := build/lambda/image-$(LAMBDA_PYTHON)-$(LAMBDA_MACHINE)
LAST_BUILD := build/lambda/last-build
LAMBDA_PIP = $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-compile --only-binary=:all: \
	--python-version $(LAMBDA_PYTHON) --platform manylinux2014_$(LAMBDA_MACHINE) --platform manylinux_2_28_$(LAMBDA_MACHINE)

SAM := SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam

# botocore comes along, though Lambda brings one: this one is of a known version, compiled, and has these services alone.
# docs/performance.md has the figures.
AWS_SERVICES := dynamodb ssm
NOT_IN_PACKAGE := cli local sandbox/guests sandbox/build.py sandbox/immortal.py sandbox/linking sandbox/memory_image.py

# Where a Python of Lambda's version may be. That of the tests' image comes first, if they have made it.
LAMBDA_INTERPRETERS = "$(CURDIR)/$(LAMBDA_IMAGE)/bin/python$(LAMBDA_PYTHON)" python$(LAMBDA_PYTHON) \
	$$(ls -d "$$HOME"/.pyenv/versions/$(LAMBDA_PYTHON).*/bin/python$(LAMBDA_PYTHON) 2>/dev/null) $$(uv python find $(LAMBDA_PYTHON) 2>/dev/null)
define NOT_COMPILED
{ echo; echo "The package works, but each cold start of it takes two to three times as long: it holds no compiled code, for there is"; \
echo "no Python $(LAMBDA_PYTHON) on this machine to compile it, and no other version will do. Install it beside yours, with"; \
echo "pyenv install $(LAMBDA_PYTHON), uv python install $(LAMBDA_PYTHON) or a package of your system, and build again."; echo; } >&2
endef

define CAN_BUILD
test "$$(uname -s)" = Linux || { echo "The guest for Lambda must be compiled on Linux, in a container for example."; exit 1; }; \
test -n "$(ARTIFACTS_DIR)" || { echo "This is for sam build, which says where the package goes. Use: make package"; exit 1; }
endef

define COPY_CODE
mkdir -p "$(ARTIFACTS_DIR)" && cp -R $(LAMBDA_WHEELS)/. runtime functions "$(ARTIFACTS_DIR)" && cd "$(ARTIFACTS_DIR)" \
&& rm -rf .stamp bin $(NOT_IN_PACKAGE:%=runtime/%) && find . -name __pycache__ -type d -prune -exec rm -rf {} +
endef

# Code is read-only in Lambda: what is not compiled here is compiled at each cold start. Times of files change on the way
# there, so that they must not decide whether compiled code is used.
define COMPILE
for python in $(LAMBDA_INTERPRETERS); do if "$$python" -c pass 2>/dev/null; then cd "$(ARTIFACTS_DIR)" \
&& exec "$$python" -m compileall -q --invalidation-mode unchecked-hash -x '^\./app/' .; fi; done; $(NOT_COMPILED)
endef

package: .venv-sam/sam.stamp  ## Build the package for AWS from APP
	$(SAM) build --parameter-overrides Architecture=$(LAMBDA_ARCHITECTURE)

# Only the first deployment asks, for what SAM offers then are the template's defaults, not what the stack has.
CONFIGURATION := $(if $(filter prod,$(STAGE)),default,$(STAGE))
FIRST = $$(awk -v section='[$(CONFIGURATION).deploy.parameters]' \
	'/^\[/ {inside = $$0 == section} inside && /^region/ {known = 1} END {if (!known) print "--guided"}' samconfig.toml)

deploy: named-app package  ## Deploy APP to AWS as STAGE (prod), with PARAMETERS="Name=value ..."; the first time it asks
	$(SAM) deploy $(if $(GUIDED),--guided,$(FIRST)) --config-env $(CONFIGURATION) \
		--parameter-overrides Architecture=$(LAMBDA_ARCHITECTURE) Stage=$(STAGE) Revision=$$(date +%s) $(PARAMETERS)

named-app:
	@test "$(origin APP)" != file || { echo "Say which app is to be served: make deploy APP=examples/bookstore"; exit 1; }

build-ApiFunction build-TenantFunction build-RunFunction: guest $(LAMBDA_WHEELS)/.stamp
	@$(CAN_BUILD)
	@$(BIN)/python -c 'import sys; from pathlib import Path; from runtime.apps.folder import load; sys.excepthook = lambda kind, error, trace: print(error, file=sys.stderr); load(Path(sys.argv[1]))' "$(APP)"
	@$(COPY_CODE)
	@mkdir -p "$(ARTIFACTS_DIR)/guests" "$(ARTIFACTS_DIR)/app"
	@cp build/guests/python-$(LAMBDA_MACHINE).cwasm build/guests/python-$(LAMBDA_MACHINE).memory "$(ARTIFACTS_DIR)/guests"
	@for part in relive.yaml functions types shared; do \
		if test -e "$(APP)/$$part"; then cp -R "$(APP)/$$part" "$(ARTIFACTS_DIR)/app" || exit 1; fi; done
	@$(COMPILE)
	@# Which of two versions of the app is the later one. Their files' times do not survive the way to Lambda.
	@$(BIN)/python deployment/build_time.py "$(ARTIFACTS_DIR)" $(LAST_BUILD)
	@chmod -R a+rX "$(ARTIFACTS_DIR)"

# It runs no user code, and once: neither sandbox nor app.
build-KeyFunction: $(LAMBDA_WHEELS)/.stamp
	@$(CAN_BUILD)
	@$(COPY_CODE)
	@cd "$(ARTIFACTS_DIR)" && rm -rf wasmtime wasmtime-* runtime/sandbox
	@$(COMPILE)
	@chmod -R a+rX "$(ARTIFACTS_DIR)"

$(LAMBDA_WHEELS)/.stamp: pyproject.toml constraints.txt deploy.mk deployment/trim_botocore.py | $(VENV)/serve.stamp
	@echo "Getting what runs in Lambda"
	@rm -rf $(LAMBDA_WHEELS)
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"], sep="\n")' \
		| $(LAMBDA_PIP) --target $(LAMBDA_WHEELS) --constraint constraints.txt --requirement /dev/stdin
	@$(BIN)/python deployment/trim_botocore.py $(LAMBDA_WHEELS)/botocore $(AWS_SERVICES)
	@touch $@

# What is in Lambda's own image beside Python, for tests that run the package in the emulator.
lambda-emulator: .venv-sam/sam.stamp $(LAMBDA_EMULATOR)/.stamp

$(LAMBDA_EMULATOR)/.stamp: constraints-sam.txt | $(VENV)/serve.stamp
	@rm -rf $(LAMBDA_EMULATOR)
	@$(LAMBDA_PIP) --target $(LAMBDA_EMULATOR) --constraint constraints-sam.txt awslambdaric boto3
	@touch $@

.venv-sam/sam.stamp: constraints-sam.txt
	@echo "Installing the SAM CLI and cfn-lint into .venv-sam (once, about a minute)"
	@test -x .venv-sam/bin/python || $(PYTHON) -m venv .venv-sam
	@.venv-sam/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints-sam.txt aws-sam-cli cfn-lint
	@touch $@

.PHONY: package deploy named-app build-ApiFunction build-TenantFunction build-RunFunction build-KeyFunction lambda-emulator
