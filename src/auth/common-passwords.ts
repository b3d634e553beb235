/** Passwords that attackers try first (XEP-0438 section 7); shorter ones are refused for their length. */

const COMMON = new Set(
  `00000000 0123456789 0987654321 1029384756 11111111 1111111111 11223344 12121212 12312312 123123123 1231231234
  1234512345 12344321 12345678 123456789 1234567890 1234567891 12345678910 123456789a 123456abc 1234abcd 1234qwer
  123qweasd 123qwe123 147258369 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qazxsw2 22222222 55555555 66666666 77777777
  87654321 88888888 987654321 9876543210 99999999 a1234567 a12345678 a123456789 aa123456 aa12345678 aaaaaaaa abc12345
  abc123456 abcd1234 abcdefgh admin123 admin1234 administrator adminadmin arsenal1 asdf1234 asdfasdf asdfghjk asdfghjkl
  babygirl babygirl1 barcelona baseball baseball1 basketball batman123 bismillah blink182 butterfly cambiame changeit
  changeme changeme1 changeme123 charlie1 chelsea1 chocolate christian clustadm computer computer1 corvette danielle
  december default1 dragon123 elizabeth facebook football football1 fuckyou1 godzilla google123 guest123 hello123
  hellohello iloveyou iloveyou1 iloveyou2 iloveyou123 internet jennifer jessica1 jonathan justin123 kristina letmein1
  letmein123 lifehack linkedin liverpool liverpool1 location lovelove loveyou1 marina123 marlboro mercedes michael1
  michelle midnight minecraft monkey123 myspace1 nicholas november p4ssw0rd pa55word pa55w0rd pa$$word pa$$w0rd
  passpass passw0rd passw0rd1 password password! password01 password1 password1! password12 password123 password1234
  password2 password3 patricia pokemon1 p@ssw0rd p@ssw0rd1 p@ssword parola12 princess princess1 q1w2e3r4 q1w2e3r4t5
  qazwsxedc qazwsx123 qwer1234 qwert123 qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyui qwertyuiop qwertyqwerty
  qweasdzxc qweqweqwe root1234 rootroot samantha samsung1 scorpion secret123 september simpsons slipknot spiderman
  starwars starwars1 starwars123 stephanie summer2024 summer2025 sunshine sunshine1 superman superman1 superstar
  swordfish teamo123 temp1234 test1234 testtest thunder1 trustno1 user1234 victoria welcome1 welcome01 welcome123
  whatever william1 winter2024 winter2025 xmppxmpp zaq12wsx zaq1zaq1 zxcvbnm1 zxcvbnm123 zxcvbnmz`.split(/\s+/),
);

/** The text is in lower case. */
export function isCommonPassword(folded: string): boolean {
  return COMMON.has(folded);
}
