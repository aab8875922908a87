"""Containers of a Docker engine, by the few calls that the ECS service makes of its client.

On Fargate a task has a network of its own; here it has the machine's, since the embedded AWS
listens on loopback only. All else is as the task definition says: user, read-only root, volumes.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from docker.errors import ImageNotFound
from docker.types import Mount

REPOSITORY = "wearline-processor"
LABEL = "wearline.trial"


class ImageNotBuilt(Exception):
    """The engine has no image of a processor release."""

    def __init__(self, image: str, expected: str) -> None:
        self.image, self.expected = image, expected
        super().__init__(
            f"Image {image} is not there: expected {expected}. Build it from processor_image."
        )


class Container:
    """One container; what the ECS service asks of it, with the time that its task has to stop."""

    def __init__(self, container: Any, stop_timeout_s: int) -> None:  # noqa: ANN401
        self._container = container
        self._stop_timeout_s = stop_timeout_s
        self.id: str = container.id
        self.attrs: dict[str, object] = {}

    @property
    def status(self) -> str:
        status: str = self._container.status
        return status

    def reload(self) -> None:
        self._container.reload()

    def wait(self) -> dict[str, int]:
        ended: dict[str, int] = self._container.wait()
        self._container.reload()
        return ended

    def logs(self, **options: object) -> Iterator[bytes]:
        lines: Iterator[bytes] = self._container.logs(**options)
        return lines

    def stop(self, timeout: float | None = None) -> None:
        self._container.stop(timeout=self._stop_timeout_s if timeout is None else int(timeout))

    def remove(self, **_options: object) -> None:
        self._container.remove(v=True, force=True)


class Containers:
    """Stands where the ECS service keeps its Docker client."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401
        self._client = client
        self._running: dict[str, Container] = {}

    @property
    def containers(self) -> "Containers":
        return self

    def run(
        self,
        image: str,
        *,
        command: Sequence[str] | None = None,
        entrypoint: Sequence[str] | None = None,
        environment: Mapping[str, str] | None = None,
        stop_timeout_s: float = 30,
        user: str | None = None,
        read_only: bool = False,
        volumes: Sequence[str] = (),
        **_options: object,
    ) -> Container:
        """Start a container from the image that has the tag of `image`.

        Raises:
            ImageNotBuilt: the engine has none.
        """
        local = f"{REPOSITORY}:{image.partition('@')[0].rpartition(':')[2]}"
        try:
            started = self._client.containers.run(
                local,
                command=command,
                entrypoint=entrypoint,
                environment=dict(environment or {}),
                user=user,
                read_only=read_only,
                mounts=[Mount(path, None, type="volume") for path in volumes],
                network_mode="host",
                init=True,
                detach=True,
                labels={LABEL: "task"},
            )
        except ImageNotFound as missing:
            raise ImageNotBuilt(image, local) from missing
        container = Container(started, int(stop_timeout_s))
        self._running[container.id] = container
        return container

    def get(self, container_id: str) -> Container:
        """Return a container, or raise KeyError."""
        return self._running[container_id]

    def forget(self, container: Container) -> None:
        """Remove a container and its volumes."""
        container.remove()
        self._running.pop(container.id, None)

    def stop_all(self) -> None:
        for container in [*self._running.values()]:
            self.forget(container)
