"""envoy/kubernetes/envoy.yaml: its container's command, in a directory whose volumes are mounted as the kubelet mounts them."""

import itertools
import pathlib
import re
import shutil
import signal
import unittest

import yaml

from demo import SECONDS, TOP, wait_until
from gateway import VIRTUAL_KEY, Gateway, Load, everywhere, load
from test_dynamic import DISCOVERY, FILTER, written
from test_kubernetes import DIRECTORY, in_bytes, of_kind

FILE = DIRECTORY / "envoy.yaml"
BOOTSTRAP, CLUSTERS = "envoy/dynamic/envoy.yaml", "envoy/clusters/providers.yaml"


def pod():
    return of_kind(load(FILE), "Deployment")["spec"]["template"]["spec"]


class Mounted(Gateway):
    """Its files are in ConfigMaps. The kubelet writes a volume's files into a new directory, and then turns the link `..data`
    to it: `AtomicWriter` in Kubernetes' source."""

    versions = itertools.count()

    def place(self, path):
        source = "envoy/providers.yaml" if path == CLUSTERS else path
        self.write(path, yaml.safe_load((TOP / source).read_text()))

    def write(self, path, document):
        super().write(f"made/{path}", document)
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        data, version = file.parent / "..data", file.parent / f"..version_{next(self.versions)}"
        before = data.resolve()
        if data.exists():
            shutil.copytree(before, version)
        else:
            version.mkdir()
        shutil.copy(self.directory / "made" / path, version / file.name)
        turned = file.parent / "..data_tmp"
        turned.symlink_to(version.name)
        turned.rename(data)
        if not file.is_symlink():
            file.symlink_to(f"..data/{file.name}")
        elif before != data.resolve():
            shutil.rmtree(before)


class PlainKubernetes(unittest.TestCase):
    def start(self):
        [container] = pod()["containers"]
        [shell, script], arguments = container["command"], container["args"]
        self.assertEqual(arguments[:2], ["-c", BOOTSTRAP])
        gateway = Mounted(BOOTSTRAP, FILTER, CLUSTERS, through=[shell, TOP / script, *arguments[2:4]],
                          environment={"DRAIN_SECONDS": "1"})
        self.addCleanup(gateway.close)
        return gateway

    def test_a_changed_config_map_is_taken_under_load(self):
        gateway = self.start()
        under_way = Load(gateway, "groq/x")
        under_way.go_on()
        for name in "swift", "swifter":
            gateway.write(FILTER, written(lambda changed: changed["teams"]["research"]["aliases"].update({name: "gpt-6-sol"})))
            wait_until(lambda: gateway.chat(name)[0] == 200, f"the alias {name}")
        before = gateway.stat("cluster_manager.cds.update_success")
        clusters = yaml.safe_load((TOP / "envoy/providers.yaml").read_text())
        clusters["resources"] = [one for one in clusters["resources"] if one["name"] != "cerebras"]
        gateway.write(CLUSTERS, clusters)
        wait_until(lambda: gateway.stat("cluster_manager.cds.update_success") > before, "the clusters")
        requests, failures = under_way.end()
        self.assertEqual(failures, [])
        self.assertGreater(requests, 30)
        self.assertEqual(gateway.stat(f"{DISCOVERY}.update_rejected"), 0)

    def test_it_ends_in_good_order(self):
        gateway = self.start()
        self.assertEqual(gateway.chat("groq/x", VIRTUAL_KEY)[0], 200)
        gateway.envoy.send_signal(signal.SIGTERM)
        self.assertEqual(gateway.envoy.wait(SECONDS), 0)
        self.assertGreaterEqual(pod()["terminationGracePeriodSeconds"], 600)

    def test_its_volumes_are_the_directories_that_are_watched_and_read(self):
        [container] = pod()["containers"]
        mounts = {str(pathlib.PurePath(one["mountPath"]).relative_to("/gateway")): one["name"]
                  for one in container["volumeMounts"] if one["mountPath"].startswith("/gateway/")}
        watched = [part["watched_directory"]["path"] for part in everywhere(load(TOP / BOOTSTRAP)) if "config_source" in part
                   for part in everywhere(part) if "watched_directory" in part]
        self.assertIn("envoy/dynamic", watched)
        filter_file = next(part["local"]["filename"] for part in everywhere(load(TOP / FILTER)) if "local" in part)
        for path in *watched, str(pathlib.PurePath(CLUSTERS).parent), str(pathlib.PurePath(container["command"][1]).parent), \
                str(pathlib.PurePath(filter_file).parent):
            self.assertIn(path, mounts)
        # Each is made of the files in a directory of that name.
        made = dict(re.findall(r"create configmap (\S+) --from-file=(\S+)", FILE.read_text()))
        for volume in pod()["volumes"]:
            if "configMap" in volume:
                self.assertTrue((TOP / made[volume["configMap"]["name"]]).exists(), volume["name"])

    def test_its_limits_are_those_of_the_example(self):
        [container] = pod()["containers"]
        heap = next(part["max_heap_size_bytes"] for part in everywhere(load(TOP / BOOTSTRAP)) if "max_heap_size_bytes" in part)
        self.assertGreaterEqual(in_bytes(container["resources"]["limits"]["memory"]), 2 * heap)
        [budget, deployment] = [of_kind(load(FILE), kind)["spec"] for kind in ("PodDisruptionBudget", "Deployment")]
        self.assertGreater(deployment["replicas"], budget["maxUnavailable"])
        image = yaml.safe_load((TOP / "envoy/docker-compose.yaml").read_text())["services"]["gateway"]["image"]
        self.assertEqual(container["image"], image)
