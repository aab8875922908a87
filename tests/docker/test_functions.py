"""Every function in a container, with its sample event, by `sam local invoke`.

The containers have a network of their own, so a relay on their bridge, which nothing beyond this
machine reaches, leads to the embedded AWS. Each runs under the role that its template gives it.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from tests.conftest import FOLDER
from tests.docker.conftest import docker
from tests.samples import parsed, sample_study, take
from wearline_cli.environments import Environment
from wearline_local.launcher import ROOT, Engine

SAM = ROOT / ".venvs" / "sam" / "bin" / "sam"


class Relayed(socketserver.BaseRequestHandler):
    """One connection, passed on."""

    port: ClassVar[int]

    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as onward:
            back = threading.Thread(target=_pass, args=(onward, self.request), daemon=True)
            back.start()
            _pass(self.request, onward)
            back.join()


def _pass(source: Any, target: Any) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(1 << 16):
            target.sendall(chunk)
        target.shutdown(1)


@contextmanager
def relay(engine: Engine) -> Iterator[str]:
    """The address at which containers reach the embedded AWS."""
    gateway = docker(
        "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"
    ).strip()
    handler = type("Relay", (Relayed,), {"port": engine.port})
    with socketserver.ThreadingTCPServer((gateway, 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"{gateway}:{server.server_address[1]}"
        server.shutdown()


class LocallyInvoked:
    """The functions as `sam local invoke` runs them."""

    def __init__(self, there: Environment, image: str, address: str, folder: Path) -> None:
        self._there, self._image, self._address, self._folder = there, image, address, folder
        self._engine = there.endpoint.rpartition("/")[2]
        self._template = _template(Path(os.environ[FOLDER]) / "build", f"http://{address}")
        self._ids = _logical_ids(self._template)
        session: Any = there.session
        self._lambda = session.client("lambda", endpoint_url=there.endpoint)
        self._sts = session.client("sts", endpoint_url=there.endpoint)

    def invoke(self, name: str, event: str) -> Any:
        given = self._folder / "event.json"
        given.write_text(event)
        function, logical_id = f"wearline-local-{name.replace('_', '-')}", self._ids[name]
        deployed = self._lambda.get_function_configuration(FunctionName=function)
        variables = self._folder / "variables.json"
        variables.write_text(json.dumps({logical_id: self._variables(deployed)}))
        done = subprocess.run(
            [SAM, "local", "invoke", logical_id, "--template", self._template, "--event", given,
             "--env-vars", variables, "--invoke-image", self._image, "--skip-pull-image",
             "--config-env", "local", "--config-file", ROOT / "samconfig.toml"],
            env=self._environment(deployed["Role"]), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
        return parsed(done.stdout.strip().splitlines()[-1], name)

    def _variables(self, deployed: dict[str, Any]) -> dict[str, str]:
        text = json.dumps(deployed["Environment"]["Variables"])
        found: dict[str, str] = json.loads(text.replace(self._engine, self._address))
        return found | {"AWS_ENDPOINT_URL": f"http://{self._address}"}

    def _environment(self, role: str) -> dict[str, str]:
        """The caller's, with the credentials of the function's own role."""
        session = self._sts.assume_role(RoleArn=role, RoleSessionName="trial")["Credentials"]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return clean | {
            "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
            "AWS_SESSION_TOKEN": session["SessionToken"],
            "SAM_CLI_TELEMETRY": "0",
        }


def _template(build: Path, endpoint: str) -> Path:
    """The built template for this machine's CPU, with the place of the endpoint."""
    template = yaml.safe_load((build / "template.yaml").read_text())
    everywhere = template["Globals"]["Function"]
    everywhere["Architectures"] = ["x86_64"]
    everywhere["Environment"]["Variables"]["AWS_ENDPOINT_URL"] = endpoint
    path = build / "in-containers.yaml"
    path.write_text(yaml.safe_dump(template))
    return path


def _logical_ids(template: Path) -> dict[str, str]:
    resources = yaml.safe_load(template.read_text())["Resources"]
    return {
        Path(each["Properties"]["CodeUri"]).name: name
        for name, each in resources.items()
        if each["Type"] == "AWS::Serverless::Function"
    }


def test_functions_in_containers_take_their_samples_under_their_own_roles(
    engine: Engine, platform: Environment, lambda_image: str, tmp_path: Path
) -> None:
    image_python = docker("run", "--rm", "--network", "none", lambda_image, "python", "--version")
    if image_python.split()[1].rpartition(".")[0] != "{}.{}".format(*sys.version_info):
        pytest.fail(
            f"The layer is of this machine's Python, and the image has {image_python.strip()}."
            " Let BASE_IMAGE name an image with the same."
        )
    study = sample_study(platform, tmp_path)
    with relay(engine) as address:
        take(LocallyInvoked(platform, lambda_image, address, tmp_path), study)
