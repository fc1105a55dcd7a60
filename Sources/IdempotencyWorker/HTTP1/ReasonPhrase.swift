import HTTPTypes

/// The reason phrases of the registered statuses (RFC 9110 section 15); HTTPTypes knows most of them, but not by number.
enum ReasonPhrase {
  private static let known: [HTTPResponse.Status] = [
    .ok, .created, .accepted, .nonAuthoritativeInformation, .noContent, .resetContent, .partialContent,
    .multipleChoices, .movedPermanently, .found, .seeOther, .notModified, .temporaryRedirect, .permanentRedirect,
    .badRequest, .unauthorized, .forbidden, .notFound, .methodNotAllowed, .notAcceptable,
    .proxyAuthenticationRequired, .requestTimeout, .conflict, .gone, .lengthRequired, .preconditionFailed,
    .contentTooLarge, .uriTooLong, .unsupportedMediaType, .rangeNotSatisfiable, .expectationFailed,
    .misdirectedRequest, .unprocessableContent, .tooEarly, .upgradeRequired, .preconditionRequired, .tooManyRequests,
    .requestHeaderFieldsTooLarge, .unavailableForLegalReasons, .internalServerError, .notImplemented, .badGateway,
    .serviceUnavailable, .gatewayTimeout, .httpVersionNotSupported, .networkAuthenticationRequired,
  ]
  private static let others = [
    207: "Multi-Status", 208: "Already Reported", 226: "IM Used", 305: "Use Proxy", 402: "Payment Required",
    423: "Locked", 424: "Failed Dependency", 506: "Variant Also Negotiates", 507: "Insufficient Storage",
    508: "Loop Detected", 510: "Not Extended",
  ]
  private static let phrases = others.merging(known.map { ($0.code, $0.reasonPhrase) }) { first, _ in first }

  /// The phrase of a status; empty for one that is not registered.
  static func of(_ status: Int) -> String { phrases[status] ?? "" }
}
