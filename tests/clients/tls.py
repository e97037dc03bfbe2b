"""The gateway's second listener, with TLS: some clients send a key over nothing else."""

import copy
import subprocess

CERTIFICATE, KEY = "certificate.pem", "key.pem"


def make_certificate(directory):
    """A certificate of 127.0.0.1 that is its own authority."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", KEY, "-out", CERTIFICATE],
        cwd=directory, check=True, capture_output=True)


def with_tls(listener, port):
    """A copy of a listener, at another port."""
    encrypted = copy.deepcopy(listener)
    encrypted["name"] += "_tls"
    encrypted["address"]["socket_address"]["port_value"] = port
    [chain] = encrypted["filter_chains"]
    chain["transport_socket"] = {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {"tls_certificates": [{
                "certificate_chain": {"filename": CERTIFICATE}, "private_key": {"filename": KEY}}]}}}
    return encrypted
