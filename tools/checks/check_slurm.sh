#!/usr/bin/env bash
# A sweep on a real Slurm: six tiny runs, of which one is killed and requeued, have to leave the bytes of a local sweep.
# Needs slurmctld, slurmd, the Slurm client and munge, and root; where they are missing it says so and passes:
#
#     apt-get install --no-install-recommends slurmctld slurmd slurm-client munge
#
# Usage: deno task slurm
set -euo pipefail
[ "${1:-}" != --help ] || { sed -n '2,/^# Usage/s/^# \{0,1\}//p' "$0"; exit 0; }
cd "$(dirname "$0")/../.."

for program in slurmctld slurmd sbatch munged; do
  command -v "$program" >/dev/null || { echo "Skipped: $program is not installed."; exit 0; }
done
[ "$(id -u)" = 0 ] || { echo "Skipped: the daemons of Slurm are started as root."; exit 0; }

work=$(mktemp -d)
stop() {
  for daemon in slurmd slurmctld munged; do
    [ -f "$work/$daemon.pid" ] && kill "$(cat "$work/$daemon.pid")" 2>/dev/null
  done
  sleep 1
  rm -rf "$work"
}
trap stop EXIT

# One node with two tasks, without systemd and cgroups. All that it needs lies in a folder of its own.
host=$(hostname -s)
export SLURM_CONF=$work/slurm.conf
cat >"$SLURM_CONF" <<END
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
AuthInfo=socket=$work/munge/socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
mkdir "$work/munge" "$work/state" "$work/spool"
dd if=/dev/urandom of="$work/munge/key" bs=1024 count=1 status=none
chmod 711 "$work" "$work/munge"
chmod 600 "$work/munge/key"
munged --key-file="$work/munge/key" --socket="$work/munge/socket" --pid-file="$work/munged.pid" \
  --log-file="$work/munge/log" --seed-file="$work/munge/seed" --force
slurmctld
slurmd

# Waits until a command succeeds, at most so many seconds.
within() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || { echo "Took too long: $*"; tail "$work"/*.log "$work"/slurm/slurm/* 2>/dev/null; return 1; }
    sleep 0.2
  done
}
is_idle() { sinfo --noheader --format=%T 2>/dev/null | grep -q idle; }
is_done() { [ -z "$(squeue --noheader)" ]; }
has_progress() { compgen -G "$work/slurm/runs/*/seed2-C-*/step-1/progress.safetensors" >/dev/null; }
is_over() { ! squeue --noheader --array --format=%i --states=RUNNING | grep -qx "$1"; }
within 60 is_idle

cat >"$work/tiny.json" <<END
{
  "base": {
    "preset": "smoke", "engine": "wasm", "imageSize": 16, "widths": [4, 8, 8], "baseClasses": 3, "increment": 2,
    "increments": 2, "baseEpochs": 2, "epochs": 12
  },
  "grid": { "seed": [1, 2, 3], "method": ["C", "LwM"] }
}
END
sweep="deno run -A tools/commands/sweep.ts $work/tiny.json"
for place in local slurm; do
  mkdir -p "$work/$place" data/iemoji-100
  ln -s "$PWD/data/iemoji-100" "$work/$place/iemoji-100"
done
$sweep --directory "$work/local" --out "$work/local" >"$work/local.log" 2>&1

submitted=$($sweep --directory "$work/slurm" --out "$work/slurm" --slurm -- --partition=main --cpus-per-task=1)
echo "$submitted"
runs=$(grep -oE 'job [0-9]+' <<<"$submitted" | tail -n 1 | cut -d ' ' -f 2)
# The third run, C with seed 2, in the middle of its first increment.
within 300 has_progress
scancel --signal=KILL "${runs}_2"
within 60 is_over "${runs}_2"
scontrol requeue "${runs}_2"
echo "Killed and requeued ${runs}_2"
within 300 is_done
$sweep --directory "$work/slurm" --out "$work/slurm" --collect

for name in tiny.results.json tiny.results.tsv; do cmp "$work/local/$name" "$work/slurm/$name"; done
compared=0
while read -r file; do
  cmp "$work/local/runs/$file" "$work/slurm/runs/$file"
  compared=$((compared + 1))
done < <(cd "$work/local/runs" && find . -name model.safetensors -o -name metrics.json)
[ "$compared" = 30 ] # a model and its metrics for three M_0 and two increments of six runs
echo "Slurm: 6 runs, one killed and requeued, equal to a local sweep byte for byte"
