import Foundation

@testable import IdempotencyTesting
@testable import Harness

/// The client of Balansas' documentation: it sends a transfer, and sends it again a second after each 409.
struct BalansasClient: Sendable {
  let fleet: ProfileFleet
  let key: String
  var amount = "100.00"
  /// The workers that its requests go to in turn, as behind a load balancer.
  var workers = [0, 1]

  /// More often is for ever: a lease ends after ten seconds.
  private static let maximum = 40

  var call: Call {
    let body = #"{"asset":"USDC","network":"ethereum","amount":"\#(amount)","destination":"0xabc..."}"#
    return Call(
      "POST", "/wallets/w1/transfers", key: key, caller: "sk_test_xxxxxxxxxxxxxxxxxxxx", body: body,
      fields: [Field("X-CSRF-Token", "csrf"), Field("Content-Type", "application/json")])
  }

  /// Runs the client until it ends, as published or transcribed.
  ///
  /// Where a connection breaks it ends with that error, and its application, which has kept the key, calls it again.
  /// Without Node.js on this machine the transcription runs.
  func send(_ runtime: Runtime = .transcribed) async throws -> Ended {
    if runtime == .node, let node = ChildProcess.find("node") { return try await send(node) }
    for number in 0..<Self.maximum {
      let reply: Reply
      do {
        reply = try await fleet.send(call, to: workers[number % workers.count])
      } catch {
        try Task.checkCancellation()
        continue
      }
      if reply.status != 409 { return Ended(status: reply.status, text: reply.text, requests: number + 1) }
      // Its own pause.
      try await Task.sleep(for: .seconds(1))
    }
    throw HarnessError("the client has no answer after \(Self.maximum) requests")
  }

  /// How the client ended.
  struct Ended {
    let status: Int
    let text: String
    /// How many requests it took.
    let requests: Int
  }

  /// What runs the client.
  enum Runtime: CaseIterable {
    case transcribed, node
  }

  private func send(_ node: String) async throws -> Ended {
    let process = try await ServerProcess.start(node, ["--input-type=module", "-e", script])
    let hasEnded = await withTaskCancellationHandler {
      await process.printed("RESULT ")
    } onCancel: {
      process.signal(9)
    }
    let words = process.line(with: "RESULT ")?.split(separator: " ", maxSplits: 3) ?? []
    guard hasEnded, words.count == 4, let status = Int(words[1]), let requests = Int(words[2]) else {
      throw HarnessError("the client ended without an answer:\n\(process.output)")
    }
    return Ended(status: status, text: String(words[3]), requests: requests)
  }

  /// The client and its application, and between them and the workers a load balancer, under the workers' one name.
  private var script: String {
    """
    import net from "node:net";
    const ports = [\(workers.map { "\(fleet.workers[$0].port)" }.joined(separator: ", "))];
    let connections = 0, requests = 0, last;
    const balancer = net.createServer((client) => {
      const worker = net.connect(ports[connections++ % ports.length], "127.0.0.1");
      client.on("data", (bytes) =>
        worker.write(bytes.toString("latin1").replace(/^host: .*/im, "Host: \(Call.host)"), "latin1"));
      worker.on("data", (bytes) => client.write(bytes));
      for (const event of ["error", "close"]) {
        worker.on(event, () => client.destroy());
        client.on(event, () => worker.destroy());
      }
    });
    await new Promise((listening) => balancer.listen(0, "127.0.0.1", listening));

    const walletId = "w1", csrfToken = "csrf", network = globalThis.fetch;
    globalThis.fetch = async (url, options) => {
      if (requests++ === \(Self.maximum)) throw new Error("it still gets 409");
      const here = "http://127.0.0.1:" + balancer.address().port;
      return last = await network(url.replace("https://stagingapi.balansas.com/functions/v1/customer-api", here), options);
    };
    globalThis.crypto.randomUUID = () => "\(key)";

    \(Self.published)

    let answer;
    while (answer === undefined) {
      try { answer = await send(); } catch (error) { if (!error.cause) throw error; }
    }
    console.log("RESULT " + last.status + " " + requests + " " + JSON.stringify(answer));
    """
  }

  /// As published, word for word (seeds/000).
  private static let published = """
    const key = crypto.randomUUID(); // one per logical send

    async function send() {
      const res = await fetch(
        "https://stagingapi.balansas.com/functions/v1/customer-api/wallets/" +
          walletId + "/transfers",
        {
          method: "POST",
          headers: {
            "x-api-key": "sk_test_xxxxxxxxxxxxxxxxxxxx",
            "X-CSRF-Token": csrfToken,
            "Idempotency-Key": key,
            "Content-Type": "application/json",
          },
          body: JSON.stringify({
            asset: "USDC", network: "ethereum",
            amount: "100.00", destination: "0xabc...",
          }),
        }
      );

      if (res.status === 409) {
        // First attempt still in flight — wait and retry with the SAME key.
        await new Promise((r) => setTimeout(r, 1000));
        return send();
      }
      return res.json();
    }
    """
}
