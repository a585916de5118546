#!/usr/bin/env python3
"""Drives an etcd, or its twin, with Python grpcio and prints what came back.

    TARGET/venv/bin/python drive.py HOST:PORT        (TARGET: the folder that setup.sh filled)

Opens a Watch on a key prefix, then makes N Puts, a DeleteRange, a LeaseGrant, a Txn and a LeaseRevoke, ends the watch, and
prints each response as one line: the method, a space, canonical proto3 JSON with sorted keys. Unary responses come first,
then those of the watch, then how it ended, so that the lines do not depend on timing and two runs can be compared:

    drive.py 127.0.0.1:18380 > recorded.txt      # an etcd behind a recording proxy
    drive.py 127.0.0.1:8081  > replayed.txt      # the twin
    diff recorded.txt replayed.txt

Exit status 0: all calls succeeded and the watch brought every event; 1: not so; 2: wrong usage.
"""
import argparse
import json
import queue
import sys
import threading
import time

import grpc
from google.protobuf.json_format import MessageToDict

from etcd.api.etcdserverpb import rpc_pb2 as pb
from etcd.api.etcdserverpb import rpc_pb2_grpc as rpc

WATCH = "etcdserverpb.Watch/Watch"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("target", metavar="HOST:PORT")
    parser.add_argument("--puts", type=int, default=5, metavar="N", help="number of Puts (default 5)")
    parser.add_argument("--prefix", default="/test/", help="key prefix to watch and to write below (default /test/)")
    parser.add_argument("--timeout", type=float, default=5, metavar="S", help="limit of each unary call and of the wait for watch events, in seconds (default 5)")
    parser.add_argument("--end", choices=["cancel", "deadline", "watch-cancel", "half-close"], default="cancel",
                        help="end the watch by cancelling the call, by its deadline (--deadline), or first send a WatchCancelRequest or close the "
                             "client's side of the stream, then cancel (default cancel)")
    parser.add_argument("--deadline", type=float, default=3, metavar="S", help="deadline of the watch with --end deadline, in seconds (default 3)")
    parser.add_argument("--lease-id", type=int, default=0, metavar="ID", help="ID of the lease to grant (default 0: the server picks one)")
    parser.add_argument("--live", action="store_true", help="print watch responses as they arrive, with seconds since the start, on stderr too")
    parser.add_argument("--metadata", action="store_true", help="also print the initial and trailing metadata and the status of each call")
    parser.add_argument("--snapshot", action="store_true", help="also read Maintenance/Snapshot, a server stream that ends by itself; blobs are printed as their length")
    return parser.parse_args()


def canonical(message):
    return json.dumps(MessageToDict(message), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def status(call):
    return json.dumps({"code": call.code().name, "details": call.details(), "initial": [list(pair) for pair in call.initial_metadata()],
                       "trailing": [list(pair) for pair in call.trailing_metadata()]}, separators=(",", ":"), ensure_ascii=False)


class Watcher(threading.Thread):
    """One Watch call: requests go out through `send`, responses gather in `responses`."""

    def __init__(self, stub, live, deadline):
        super().__init__(daemon=True)
        self.requests, self.responses, self.events, self.changed = queue.Queue(), [], 0, threading.Condition()
        self.live, self.started = live, time.monotonic()
        self.call = stub.Watch(iter(self.requests.get, None), timeout=deadline)
        self.start()

    def send(self, request):
        """Sends a request; None closes the client's side of the stream."""
        self.requests.put(request)

    def run(self):
        try:
            for response in self.call:
                with self.changed:
                    self.responses.append(response)
                    self.events += len(response.events)
                    self.changed.notify_all()
                if self.live:
                    print(f"{time.monotonic() - self.started:.3f} {WATCH} {canonical(response)}", file=sys.stderr)
        except grpc.RpcError:
            pass  # how the call ended is read from the call
        with self.changed:
            self.changed.notify_all()

    def wait(self, condition, timeout):
        """Waits until `condition` holds, the call ends, or `timeout` seconds are over."""
        with self.changed:
            self.changed.wait_for(lambda: condition() or not self.call.is_active(), timeout)
            return condition()


def main(options):
    channel = grpc.insecure_channel(options.target, options=[("grpc.enable_http_proxy", 0)])
    kv, lease = rpc.KVStub(channel), rpc.LeaseStub(channel)
    prefix = options.prefix.encode()
    prefix_end = prefix[:-1] + bytes([prefix[-1] + 1])

    def unary(name, method, request):
        response, call = method.with_call(request, timeout=options.timeout, wait_for_ready=True)
        print(name, canonical(response))
        if options.metadata:
            print(name, "status", status(call))
        return response

    watcher = Watcher(rpc.WatchStub(channel), options.live, options.deadline if options.end == "deadline" else None)
    watcher.send(pb.WatchRequest(create_request=pb.WatchCreateRequest(key=prefix, range_end=prefix_end)))
    if not watcher.wait(lambda: watcher.responses, options.timeout):
        watcher.call.cancel()
        sys.exit(f"drive.py: no answer to the watch's create_request: {watcher.call.code().name}: {watcher.call.details()}")
    if options.end == "half-close":
        watcher.send(None)

    for i in range(options.puts):
        unary("etcdserverpb.KV/Put", kv.Put, pb.PutRequest(key=prefix + b"k%d" % i, value=b"v%d" % i))
    deleted = unary("etcdserverpb.KV/DeleteRange", kv.DeleteRange, pb.DeleteRangeRequest(key=prefix, range_end=prefix_end, prev_kv=True))
    granted = unary("etcdserverpb.Lease/LeaseGrant", lease.LeaseGrant, pb.LeaseGrantRequest(TTL=60, ID=options.lease_id))
    key = prefix + b"txn"
    read = pb.RequestOp(request_range=pb.RangeRequest(key=key))
    txn = unary("etcdserverpb.KV/Txn", kv.Txn, pb.TxnRequest(
        compare=[pb.Compare(result=pb.Compare.EQUAL, target=pb.Compare.VERSION, key=key, version=0)],
        success=[pb.RequestOp(request_put=pb.PutRequest(key=key, value=b"t", lease=granted.ID)), read],
        failure=[read]))
    unary("etcdserverpb.Lease/LeaseRevoke", lease.LeaseRevoke, pb.LeaseRevokeRequest(ID=granted.ID))
    if options.snapshot:
        call = rpc.MaintenanceStub(channel).Snapshot(pb.SnapshotRequest(), timeout=options.timeout)
        for response in call:
            fields = MessageToDict(response) | {"blob": len(response.blob)}
            print("etcdserverpb.Maintenance/Snapshot", json.dumps(fields, sort_keys=True, separators=(",", ":")))
        if options.metadata:
            print("etcdserverpb.Maintenance/Snapshot status", status(call))

    expected = options.puts + deleted.deleted + 2 * txn.succeeded  # the Txn's Put, and its deletion with the lease
    complete = watcher.wait(lambda: watcher.events >= expected, options.timeout)
    if options.end == "watch-cancel":
        watcher.send(pb.WatchRequest(cancel_request=pb.WatchCancelRequest(watch_id=watcher.responses[0].watch_id)))
        complete &= watcher.wait(lambda: watcher.responses[-1].canceled, options.timeout)
    if options.end != "deadline":
        watcher.call.cancel()
    watcher.join(options.deadline + options.timeout)

    for response in watcher.responses:
        print(WATCH, canonical(response))
    print(WATCH, "status", status(watcher.call) if options.metadata else watcher.call.code().name)
    channel.close()
    if not complete:
        sys.exit(f"drive.py: the watch brought {watcher.events} of {expected} events")


if __name__ == "__main__":
    try:
        main(arguments())
    except grpc.RpcError as error:
        sys.exit(f"drive.py: {error.code().name}: {error.details()}")
