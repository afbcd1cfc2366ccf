#include "tests/support/kafka_cluster_certificates.h"

#include <filesystem>
#include <fstream>
#include <vector>

#include "engine/base/strings.h"
#include "tests/support/kafka_cluster_tools.h"

namespace bongsu {

Result<std::unique_ptr<TestCertificates>> TestCertificates::Make(const std::string& folder) {
  auto made = std::unique_ptr<TestCertificates>(new TestCertificates());
  BONGSU_ASSIGN_OR_RETURN(made->openssl_, FindProgram("openssl", "openssl"));
  std::filesystem::create_directories(folder);
  made->folder_ = folder;
  // Nothing of the machine's own settings.
  std::ofstream(folder + "/openssl.cnf") << "[req]\ndistinguished_name = subject\n[subject]\n";
  BONGSU_RETURN_IF_ERROR(made->Request("authority", "basicConstraints=critical,CA:TRUE", true));
  made->authority_ = folder + "/authority.pem";
  return made;
}

Status TestCertificates::Request(const std::string& name, const std::string& extension,
                                 bool self_signed) {
  const std::string base = StrCat(folder_, "/", name);
  std::vector<std::string> words = {openssl_,
                                    "req",
                                    "-x509",
                                    "-config",
                                    folder_ + "/openssl.cnf",
                                    "-newkey",
                                    "ec",
                                    "-pkeyopt",
                                    "ec_paramgen_curve:P-256",
                                    "-nodes",
                                    "-days",
                                    "2",
                                    "-subj",
                                    StrCat("/O=Bank/CN=", name),
                                    "-addext",
                                    extension,
                                    "-keyout",
                                    base + ".key",
                                    "-out",
                                    base + ".pem"};
  if (!self_signed) {
    words.insert(words.end(), {"-CA", authority_, "-CAkey", folder_ + "/authority.key"});
  }
  return RunToEnd(std::move(words), folder_ + "/openssl.log");
}

Result<TestCertificate> TestCertificates::Issue(const std::string& name) {
  BONGSU_RETURN_IF_ERROR(Request(name, "subjectAltName=IP:127.0.0.1", false));
  const std::string base = StrCat(folder_, "/", name);
  return TestCertificate{base + ".pem", base + ".key", StrCat("User:CN=", name, ",O=Bank")};
}

}  // namespace bongsu
