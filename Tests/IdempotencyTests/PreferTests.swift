import Testing

@testable import Idempotency

@Suite struct PreferTests {
  @Test(
    "Prefer: wait=N (E18, RFC 7240): the first wait counts",
    arguments: [
      (["wait=3"], 3), (["WAIT=3"], 3), (["respond-async, wait=10"], 10), (["wait = 7 ; x=y"], 7), (["wait=\"4\""], 4),
      (["wait=0"], 0), (["return=minimal", "wait=2"], 2), (["wait=2, wait=9"], 2), (["wait=2", "wait=9"], 2),
      (["foo=\"a, wait=1\", wait=5"], 5), (["foo=\"\\\", wait=1\", wait=5"], 5), (["foo; wait=1, wait=6"], 6),
      ([",, wait=8,"], 8), (["wait=99999999999999999999"], 9_999_999_999),
    ] as [([String], Int64)])
  func seconds(_ lines: [String], _ expected: Int64) {
    #expect(Prefer.wait(lines) == .seconds(expected))
  }

  @Test(
    "What is no wait, or no number of seconds, is ignored (E18)",
    arguments: [
      [], [""], ["wait"], ["wait="], ["wait=-1"], ["wait=1.5"], ["wait=x"], ["waits=3"], ["wait=\"3"], ["x=wait=3"],
      ["wait=1=2"], ["wait=x, wait=3"],
    ])
  func ignored(_ lines: [String]) {
    #expect(Prefer.wait(lines) == nil)
  }
}
