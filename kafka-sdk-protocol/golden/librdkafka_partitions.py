"""Where librdkafka's partitioners put a key: a line for each key, with the key in hexadecimal digits behind an x (a dash for
none), then for each of COUNTS its partition by `consistent`, `murmur2` and `fnv1a`.

Runs with the librdkafka inside of the package `confluent-kafka` (2.16.0):

    pip install confluent-kafka
    python librdkafka_partitions.py > ../../kafka-sdk/src/producer/partitioner/librdkafka.txt

The three others of each name (`consistent_random` and so on) are asked as well, and have to agree where they do not choose at
random: that is without a key, and in `consistent_random` also where the key is empty.
"""

import ctypes
import glob
import os

import confluent_kafka

COUNTS = [2, 7, 12, 1_000]
FOLDER = os.path.dirname(os.path.dirname(confluent_kafka.__file__))
LIBRARY = ctypes.CDLL(glob.glob(os.path.join(FOLDER, "confluent_kafka.libs", "librdkafka*"))[0])


def ask(name, key, count):
    partitioner = getattr(LIBRARY, "rd_kafka_msg_partitioner_" + name)
    partitioner.restype = ctypes.c_int32
    length = 0 if key is None else len(key)
    return partitioner(None, key, ctypes.c_size_t(length), ctypes.c_int32(count), None, None)


def made_up(length, seed):
    """The high bytes of a linear congruence."""
    state, key = seed + length * 1_000, bytearray()
    for _ in range(length):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        key.append(state >> 56)
    return bytes(key)


keys = [None, b""] + [made_up(length, seed) for length in range(1, 25) for seed in range(1, 5)]
keys += ["päyments-日本-🦀".encode(), made_up(1_001, 9)]
for key in keys:
    numbers = []
    for count in COUNTS:
        for name in ["consistent", "murmur2", "fnv1a"]:
            partition = ask(name, key, count)
            if key or (key is not None and name != "consistent"):
                assert ask(name + "_random", key, count) == partition
            numbers.append(str(partition))
    print("-" if key is None else "x" + key.hex(), *numbers)
