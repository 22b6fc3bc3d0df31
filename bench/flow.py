"""A line in virtual time: echo under load, push against the flow machine; first sights: `python -m bench.flow`."""

from tests.wire.screen.link import Ours, Push, played, quantile

from bench import firstsight


def main():
    print("| line | push p50 / p95 ms | ours p50 / p95 ms | pictures/s push, ours |")
    print("|---|---|---|---|")
    for kbit, rtt_ms in ((1_000, 150), (2_000, 100), (2_000, 40), (8_000, 40), (50_000, 20)):
        workers = [played(policy, kbit=kbit, rtt_ms=rtt_ms) for policy in (Push, Ours)]
        echoes = [f"{quantile(w.echo_s, 0.5) * 1000:.0f} / {quantile(w.echo_s, 0.95) * 1000:.0f}" for w in workers]
        pictures = ", ".join(f"{w.frames / 20:.0f}" for w in workers)
        print(f"| {kbit} kbit/s, {rtt_ms} ms | {' | '.join(echoes)} | {pictures} |")
    print()
    print("| line, client | echo p50 / p95 ms | pictures/s of what the line carries |")
    print("|---|---|---|")
    for kbit, rtt_ms, size in ((2_000, 150, 12_000), (10_000, 60, 50_000)):
        for shown_s in (0, 1 / 60, 1 / 30, 0.05, 0.1):
            worker = played(Ours, kbit=kbit, rtt_ms=rtt_ms, frame_bytes=size, shows_every_s=shown_s)
            echo = f"{quantile(worker.echo_s, 0.5) * 1000:.0f} / {quantile(worker.echo_s, 0.95) * 1000:.0f}"
            name = f"shows every {shown_s * 1000:.0f} ms" if shown_s else "shows at once"
            pictures = f"{worker.frames / 20:.1f} of {kbit * 125 / size:.1f}"
            print(f"| {kbit} kbit/s, {rtt_ms} ms, {name} | {echo} | {pictures} |")
    print()
    firstsight.main()


if __name__ == "__main__":
    main()
