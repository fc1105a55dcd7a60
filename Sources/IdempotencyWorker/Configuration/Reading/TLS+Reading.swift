extension ListenerTLS {
  /// Reads `tls`; nil when it is missing.
  init?(_ section: Section) {
    guard section.isPresent else { return nil }
    certificateFile = section.requiredFile("certificateFile")
    keyFile = section.requiredFile("keyFile")
    clientCAFile = section.file("clientCaFile")
  }
}

extension ClientTLS {
  /// Reads `originTls` or `store.tls`, defaults when it is missing.
  init(_ section: Section) {
    caFile = section.file("caFile")
    certificateFile = section.file("certificateFile")
    keyFile = section.file("keyFile")
    verify = section.boolean("verify", default: true)
    section.requirePair("certificateFile", "keyFile")
    if !verify, caFile != nil {
      section.fail("verify", "is false though \(section.name("caFile")) is given; expected one of them")
    }
  }
}
