import Idempotency

extension MicroCase {
  /// A request's head against a service's policies: the match, and where one matches the key.
  static var policies: [MicroCase] {
    [1, 100, 10_000].map { count in
      admit("the last of \(count) matches", policies: count, path: SampleTransfer.path(of: count - 1))
    } + [admit("none of 100 matches", policies: 100, path: SampleTransfer.path(of: 100))]
  }

  private static func admit(_ detail: String, policies count: Int, path: String) -> MicroCase {
    MicroCase("admit: " + detail) {
      let policies = try SampleTransfer.policies(count)
      let head = SampleTransfer.head(path: path)
      return { blackHole(policies.admit(head) { SampleTransfer.principal }) }
    }
  }
}
