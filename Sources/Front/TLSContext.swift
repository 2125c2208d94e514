import COpenSSL
import Glibc
public import Model

/// What a door needs to speak TLS: its certificate and key, and whom it believes about the certificates of others.
///
/// TLS 1.2 or newer, with forward secrecy and authenticated ciphers alone, without renegotiation or compression.
@safe public final class TLSContext: Sendable {
    // OpenSSL counts who uses it by itself, and nothing of it is changed once it is made.
    nonisolated(unsafe) let handle: OpaquePointer
    /// When the certificate ends.
    public let expiresAt: Instant
    /// Whether senders are asked for a certificate of their own. One that shows none is let in all the same.
    public let asksForCertificates: Bool

    /// - Parameters:
    ///   - certificate: PEM: the certificate, and then those between it and its root.
    ///   - key: PEM: its private key, without a password.
    ///   - clientAuthorities: PEM: who signs certificates of senders; nil where they are not asked for any.
    public init(certificate: [UInt8], key: [UInt8], clientAuthorities: [UInt8]? = nil) throws(TLSFault) {
        var chain = try CertificateList(certificate)
        guard let own = chain.popFirst() else { throw .noCertificate }
        guard let handle = unsafe SSL_CTX_new(TLS_server_method()) else { throw .noMemory }
        // From here on it is freed by `deinit`, also where this throws.
        unsafe self.handle = handle
        expiresAt = own.expiresAt
        asksForCertificates = clientAuthorities != nil
        unsafe shim_restrict(handle)
        // The groups of finite fields would let anyone make us calculate, at no cost of their own.
        let groups = Array("X25519:P-256:P-384".utf8CString)
        let isRestricted = unsafe groups.withUnsafeBytes { bytes in
            unsafe SSL_CTX_ctrl(
                handle, SSL_CTRL_SET_GROUPS_LIST, 0, UnsafeMutableRawPointer(mutating: bytes.baseAddress)) == 1
        }
        guard isRestricted else { throw .noMemory }
        try unsafe Self.use(own, key, in: handle)
        while let next = chain.popFirst() {
            guard unsafe shim_add_to_chain(handle, next.handle) == 1 else { throw .noCertificate }
        }
        if let clientAuthorities { try unsafe Self.ask(for: clientAuthorities, in: handle) }
    }

    deinit {
        unsafe SSL_CTX_free(handle)
    }

    private static func use(
        _ certificate: borrowing Certificate, _ key: [UInt8], in handle: OpaquePointer
    ) throws(TLSFault) {
        guard unsafe SSL_CTX_use_certificate(handle, certificate.handle) == 1 else { throw .noCertificate }
        guard let bio = unsafe BIO_new_mem_buf(key, Int32(key.count)) else { throw .noMemory }
        defer { unsafe BIO_free(bio) }
        // Whoever keeps a password on it is told so, instead of being asked for it on a terminal that nobody watches.
        guard let key = unsafe PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in 0 }, nil) else { throw .noKey }
        defer { unsafe EVP_PKEY_free(key) }
        guard unsafe SSL_CTX_use_PrivateKey(handle, key) == 1 else { throw .otherKey }
        guard unsafe SSL_CTX_check_private_key(handle) == 1 else { throw .otherKey }
    }

    private static func ask(for authorities: [UInt8], in handle: OpaquePointer) throws(TLSFault) {
        var authorities = try CertificateList(authorities)
        var count = 0
        while let authority = authorities.popFirst() {
            guard unsafe X509_STORE_add_cert(SSL_CTX_get_cert_store(handle), authority.handle) == 1,
                unsafe SSL_CTX_add_client_CA(handle, authority.handle) == 1
            else { throw .noAuthority }
            count += 1
        }
        guard count > 0 else { throw .noAuthority }
        unsafe SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nil)
    }
}

/// Why certificates and keys are of no use.
public enum TLSFault: Error, Sendable, Equatable {
    case noMemory
    case noCertificate
    case noKey
    /// The key is not the certificate's.
    case otherKey
    case noAuthority
}

extension TLSFault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noMemory: "there is no memory"
        case .noCertificate: "holds no certificate in PEM that can be used"
        case .noKey: "holds no private key in PEM without a password"
        case .otherKey: "is not the key of the certificate"
        case .noAuthority: "holds no certificate of an authority in PEM"
        }
    }
}
