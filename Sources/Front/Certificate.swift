import COpenSSL
import Glibc
import Model
import Wire

/// A certificate, freed when it goes.
@safe struct Certificate: ~Copyable {
    let handle: OpaquePointer

    init(owning handle: OpaquePointer) {
        unsafe self.handle = handle
    }

    deinit {
        unsafe X509_free(handle)
    }

    /// When it ends.
    var expiresAt: Instant {
        var time = unsafe tm()
        let isTold = unsafe ASN1_TIME_to_tm(X509_get0_notAfter(handle), &time) == 1
        return Instant(microseconds: isTold ? Int64(unsafe timegm(&time)) * 1_000_000 : 0)
    }

    /// What the configuration can name it by. Nil where memory cannot be had.
    var identity: ClientCertificate? {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard unsafe X509_digest(handle, EVP_sha256(), &digest, &count) == 1, let bio = unsafe BIO_new(BIO_s_mem())
        else { return nil }
        defer { unsafe BIO_free(bio) }
        guard unsafe shim_print_subject(bio, handle) >= 0 else { return nil }
        var start: UnsafeMutablePointer<CChar>?
        let length = unsafe shim_contents(bio, &start)
        let subject = unsafe UnsafeRawBufferPointer(start: start, count: Int(length))
        return ClientCertificate(
            fingerprint: Hex.encode(Array(digest[..<Int(count)])),
            subject: unsafe String(decoding: subject, as: UTF8.self))
    }
}

/// The certificates of a text in PEM, one after the other.
@safe struct CertificateList: ~Copyable {
    private let bio: OpaquePointer

    init(_ text: [UInt8]) throws(TLSFault) {
        guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw .noMemory }
        // An empty text is no certificate, which shows when one is asked for.
        let count = text.isEmpty ? 0 : unsafe BIO_write(bio, text, Int32(text.count))
        guard count == text.count else {
            unsafe BIO_free(bio)
            throw .noMemory
        }
        unsafe self.bio = bio
    }

    deinit {
        unsafe BIO_free(bio)
        // The end of a list is an error to OpenSSL, which would keep it for whoever asks next.
        ERR_clear_error()
    }

    mutating func popFirst() -> Certificate? {
        unsafe PEM_read_bio_X509(bio, nil, { _, _, _, _ in 0 }, nil).map { unsafe Certificate(owning: $0) }
    }
}
