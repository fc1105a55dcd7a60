import Idempotency
import NIOCore

extension MicroCase {
  /// What makes two requests the same: a keyed hash of target and body.
  ///
  /// The large bodies show the cost of a byte, the small ones that of everything else.
  static var fingerprints: [MicroCase] {
    let large = 64 * 1_024
    return [
      fingerprint("bytes, 77 B", .bytes, SampleTransfer.body),
      fingerprint("bytes, 64 KiB", .bytes, ByteBuffer(repeating: UInt8(ascii: "a"), count: large)),
      fingerprint("json, 77 B", .json, SampleTransfer.body),
      fingerprint("json, 64 KiB", .json, SampleTransfer.manyBodies(atLeast: large)),
    ]
  }

  /// Whose key it is.
  static var scopes: [MicroCase] {
    [
      MicroCase("scope: one principal") {
        let entries = SampleTransfer.principal.fields.map { (name: $0.name, value: $0.value) }
        let pepper = Pepper.default
        return { blackHole(Scope(entries: entries, pepper: pepper)) }
      }
    ]
  }

  private static func fingerprint(_ detail: String, _ form: BodyForm, _ body: ByteBuffer) -> MicroCase {
    MicroCase("fingerprint: " + detail) {
      let settings = FingerprintSettings(bodyForm: form)
      let pepper = Pepper.default
      let input = FingerprintInput(
        method: "POST", authority: Authority(SampleTransfer.authority, scheme: "https"),
        canonicalPath: SampleTransfer.path(of: 0), body: body)
      return { blackHole(try Fingerprint.of(input, settings: settings, pepper: pepper)) }
    }
  }
}
