/*
 * The PC's certificate: the pinned one, or the first one seen, which is reported. No trust store, no files, no
 * prompt. libfreerdp calls this during the TLS handshake, before any credential leaves.
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

static int fingerprint(const BYTE *pem, size_t length, char out[65]) {
  unsigned char digest[SHA256_DIGEST_LENGTH], *der = NULL;
  BIO *bio = length <= 65536 ? BIO_new_mem_buf(pem, (int)length) : NULL;
  X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
  const int size = certificate ? i2d_X509(certificate, &der) : -1;
  if (size > 0) {
    SHA256(der, (size_t)size, digest);
    for (int i = 0; i < SHA256_DIGEST_LENGTH; i++) snprintf(out + 2 * i, 3, "%02x", digest[i]);
  }
  OPENSSL_free(der);
  X509_free(certificate);
  BIO_free(bio);
  return size > 0;
}

/*
 * "|host" told libfreerdp to use our socket; network level authentication, which comes next, wants the PC's name.
 * The old string lives on: the TLS layer keeps a pointer to it. After a refused password FreeRDP 2 dials once more,
 * now by name; a worker has no network, so that fails. Where it would not, the second certificate is refused below:
 * no credential goes to any line but ours.
 */
static void name_the_pc(sd_session *s) {
#if FREERDP_VERSION_MAJOR < 3
  rdpSettings *settings = s->context->settings;
  char *name = settings->ServerHostname;
  if (s->dial_name || !name || name[0] != '|') return;
  char *plain = strdup(name + 1);
  if (!plain) return;
  s->dial_name = name;
  settings->ServerHostname = plain;
#else
  (void)s;  /* FreeRDP 3 has UserSpecifiedServerName for it, see session.c */
#endif
}

int sd_judge_certificate(freerdp *instance, const BYTE *pem, size_t length, const char *host, UINT16 port,
                         DWORD flags) {
  (void)host, (void)port, (void)flags;
  sd_session *s = sd_of(instance->context);
  if (s->dial_name) return 0;
  char seen[65] = "";
  const int readable = fingerprint(pem, length, seen);
  const int good = readable && (s->trust_first || strcmp(seen, s->pin) == 0);
  pthread_mutex_lock(&s->state);
  memcpy(s->status.certificate, seen, sizeof seen);
  s->status.certificate_refused = !good;
  s->status.network_level = (freerdp_settings_get_uint32(instance->context->settings, FreeRDP_SelectedProtocol) & 0xA) != 0;
  pthread_mutex_unlock(&s->state);
  if (good) name_the_pc(s);
  return good ? 2 : 0;  /* 2: for this session only */
}
