#include "detect/digitwords.h"

#include "base/text.h"
#include "detect/fold.h"
#include "detect/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* The digits of each language.  Several words for one are parted by a space; _ stands for a space in a word. */
static const char *const digits[][10] = {
	{ /* English */ "zero oh o nil nought naught", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine niner" },
	{ /* German */ "null", "eins ein eine", "zwei zwo", "drei", "vier", "fünf fuenf", "sechs", "sieben", "acht", "neun" },
	{ /* French */ "zéro", "un une", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf" },
	{ /* Spanish */ "cero", "uno un una", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve" },
	{ /* Italian */ "zero", "uno un una", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove" },
	{ /* Portuguese */ "zero", "um uma", "dois duas", "três", "quatro", "cinco", "seis meia", "sete", "oito", "nove" },
	{ /* Dutch */ "nul", "een één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen" },
	{ /* Polish */ "zero", "jeden jedna jedno", "dwa dwie", "trzy", "cztery", "pięć", "sześć", "siedem", "osiem", "dziewięć" },
	{ /* Czech */ "nula", "jedna jeden jedno", "dva dvě", "tři", "čtyři", "pět", "šest", "sedm sedum", "osm osum", "devět" },
	{ /* Slovak */ "nula", "jedna jeden jedno", "dva dve", "tri", "štyri", "päť", "šesť", "sedem", "osem", "deväť" },
	{ /* Slovene */ "nič nula", "ena en eno", "dva dve", "tri", "štiri", "pet", "šest", "sedem", "osem", "devet" },
	{ /* Croatian, Serbian, Bosnian */ "nula", "jedan jedna jedno", "dva dvije dve", "tri", "četiri", "pet", "šest", "sedam", "osam", "devet" },
	{ /* Serbian */ "нула", "један једна једно", "два две", "три", "четири", "пет", "шест", "седам", "осам", "девет" },
	{ /* Bulgarian, Macedonian */ "нула", "едно един една еден", "две два", "три", "четири", "пет", "шест", "седем седум", "осем осум", "девет" },
	{ /* Bulgarian in Latin letters */ "nula", "edno edin", "dve dva", "tri", "chetiri", "pet", "shest", "sedem", "osem", "devet" },
	{ /* Russian */ "ноль нуль", "один одна одно раз", "два две", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять" },
	{ /* Russian in Latin letters */ "nol nul", "odin", "dva", "tri", "chetyre", "pyat piat", "shest", "sem", "vosem", "devyat deviat" },
	{ /* Ukrainian */ "нуль", "один одна одне", "два дві", "три", "чотири", "п'ять п’ять пʼять пять", "шість", "сім", "вісім", "дев'ять дев’ять девʼять девять" },
	{ /* Belarusian */ "нуль", "адзін адна адно", "два дзве", "тры", "чатыры", "пяць", "шэсць", "сем", "восем", "дзевяць" },
	{ /* Swedish */ "noll", "ett en", "två tvåa", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio nie" },
	{ /* Danish */ "nul", "en et én ét", "to", "tre", "fire", "fem", "seks", "syv", "otte", "ni" },
	{ /* Norwegian */ "null", "en ett ein", "to", "tre", "fire", "fem", "seks", "sju syv", "åtte", "ni" },
	{ /* Icelandic */ "núll", "einn eitt ein", "tveir tvö", "þrír þrjú", "fjórir fjögur", "fimm", "sex", "sjö", "átta", "níu" },
	{ /* Finnish */ "nolla", "yksi yks", "kaksi kaks", "kolme", "neljä", "viisi viis", "kuusi kuus", "seitsemän seiska", "kahdeksan kasi", "yhdeksän ysi" },
	{ /* Estonian */ "null", "üks", "kaks", "kolm", "neli", "viis", "kuus", "seitse", "kaheksa", "üheksa" },
	{ /* Latvian */ "nulle", "viens", "divi", "trīs", "četri", "pieci", "seši", "septiņi", "astoņi", "deviņi" },
	{ /* Lithuanian */ "nulis", "vienas", "du", "trys", "keturi", "penki", "šeši", "septyni", "aštuoni", "devyni" },
	{ /* Hungarian */ "nulla", "egy", "kettő két", "három", "négy", "öt", "hat", "hét", "nyolc", "kilenc" },
	{ /* Romanian */ "zero", "unu una un", "doi două", "trei", "patru", "cinci", "șase şase", "șapte şapte", "opt", "nouă" },
	{ /* Turkish */ "sıfır sifir", "bir", "iki", "üç", "dört", "beş", "altı alti", "yedi", "sekiz", "dokuz" },
	{ /* Albanian */ "zero", "një", "dy", "tre", "katër", "pesë", "gjashtë", "shtatë", "tetë", "nëntë" },
	{ /* Irish */ "náid", "aon", "dó", "trí", "ceathair", "cúig", "sé", "seacht", "ocht", "naoi" },
	{ /* Catalan */ "zero", "un u una", "dos dues", "tres", "quatre", "cinc", "sis", "set", "vuit", "nou" },
	{ /* Greek */ "μηδέν", "ένα μία", "δύο", "τρία", "τέσσερα", "πέντε", "έξι", "επτά εφτά", "οκτώ οχτώ", "εννέα εννιά" },
	{ /* Greek in Latin letters */ "miden", "ena", "dio dyo", "tria", "tessera", "pente", "exi eksi", "epta efta", "okto oxto", "ennea ennia" },
	{ /* Hebrew */ "אפס", "אחת אחד", "שתיים שתים שניים שנים", "שלוש שלושה", "ארבע ארבעה", "חמש חמישה", "שש שישה", "שבע שבעה", "שמונה", "תשע תשעה" },
	{ /* Arabic */ "صفر", "واحد واحدة", "اثنان اثنين إثنان إثنين تنين اتنين", "ثلاثة ثلاث تلاتة تلات", "أربعة أربع", "خمسة خمس", "ستة ست", "سبعة سبع", "ثمانية ثماني ثمان تمانية", "تسعة تسع" },
	{ /* Persian */ "صفر", "یک", "دو", "سه", "چهار", "پنج", "شش شیش", "هفت", "هشت", "نه" },
	{ /* Urdu */ "صفر", "ایک", "دو", "تین", "چار", "پانچ", "چھ", "سات", "آٹھ", "نو" },
	{ /* Hindi */ "शून्य सिफर जीरो ज़ीरो", "एक", "दो", "तीन", "चार", "पाँच पांच", "छह छः छे", "सात", "आठ", "नौ" },
	{ /* Hindi in Latin letters */ "shunya shoonya zero sifar", "ek", "do", "teen tin", "char chaar", "paanch panch", "chhah chah cheh chhe", "saat sat", "aath ath", "nau" },
	{ /* Bengali */ "শূন্য", "এক", "দুই", "তিন", "চার", "পাঁচ", "ছয়", "সাত", "আট", "নয়" },
	{ /* Tamil */ "பூஜ்ஜியம் பூஜ்யம்", "ஒன்று", "இரண்டு", "மூன்று", "நான்கு", "ஐந்து", "ஆறு", "ஏழு", "எட்டு", "ஒன்பது" },
	{ /* Thai */ "ศูนย์", "หนึ่ง", "สอง", "สาม", "สี่", "ห้า", "หก", "เจ็ด", "แปด", "เก้า" },
	{ /* Indonesian, Malay */ "nol kosong sifar", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan lapan", "sembilan" },
	{ /* Filipino */ "sero wala", "isa", "dalawa", "tatlo", "apat", "lima", "anim", "pito", "walo", "siyam" },
	{ /* Vietnamese */ "không", "một mốt", "hai", "ba", "bốn tư", "năm lăm", "sáu", "bảy bẩy", "tám", "chín" },
	{ /* Chinese */ "零 〇 ○", "一 壹 幺 弌", "二 贰 貳 兩 两", "三 叁 參", "四 肆", "五 伍", "六 陆 陸", "七 柒", "八 捌", "九 玖" },
	{ /* Chinese in Latin letters */ "ling", "yi yao", "er liang", "san", "si", "wu", "liu", "qi", "ba", "jiu" },
	{ /* Japanese */ "零 〇 ○ ゼロ ぜろ れい レイ まる マル", "一 壱 いち イチ", "二 弐 に ニ", "三 参 さん サン", "四 よん ヨン し シ", "五 伍 ご ゴ", "六 ろく ロク", "七 なな ナナ しち シチ", "八 はち ハチ", "九 きゅう キュウ く ク" },
	{ /* Japanese in Latin letters */ "zero rei maru", "ichi", "ni", "san", "yon shi", "go", "roku", "nana shichi", "hachi", "kyu kyuu ku" },
	{ /* Korean */ "공 영 제로", "일 하나", "이 둘", "삼 셋", "사 넷", "오 다섯", "육 륙 여섯", "칠 일곱", "팔 여덟", "구 아홉" },
	{ /* Korean in Latin letters */ "gong yeong", "il", "i", "sam", "sa", "o", "yuk", "chil", "pal", "gu" },
	{ /* Georgian */ "ნული", "ერთი", "ორი", "სამი", "ოთხი", "ხუთი", "ექვსი", "შვიდი", "რვა", "ცხრა" },
	{ /* Armenian */ "զրո", "մեկ", "երկու", "երեք", "չորս", "հինգ", "վեց", "յոթ", "ութ", "ինը" },
	{ /* Kazakh */ "нөл", "бір", "екі", "үш", "төрт", "бес", "алты", "жеті", "сегіз", "тоғыз" },
	{ /* Afrikaans */ "nul", "een", "twee", "drie", "vier", "vyf", "ses", "sewe", "agt", "nege" },
	{ /* Swahili */ "sifuri", "moja", "mbili", "tatu", "nne", "tano", "sita", "saba", "nane", "tisa" },
};

/* Numbers of two digits, where people say numbers in pairs; of the first languages above. */
static const struct pairs {
	const char *ten[10];  /* [1]: 10, [2]: 20 … */
	const char *teen[10]; /* [1]: 11 … */
	const char *and;      /* between a unit and a ten where units come first: "einundzwanzig" */
} pairs[] = {
	{ /* English */
		{ NULL, "ten", "twenty", "thirty", "forty fourty", "fifty", "sixty", "seventy", "eighty", "ninety" },
		{ NULL, "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen" }, NULL },
	{ /* German */
		{ NULL, "zehn", "zwanzig", "dreißig dreissig", "vierzig", "fünfzig fuenfzig", "sechzig", "siebzig", "achtzig", "neunzig" },
		{ NULL, "elf", "zwölf zwoelf", "dreizehn", "vierzehn", "fünfzehn fuenfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn" }, "und" },
	{ /* French */
		{ NULL, "dix", "vingt", "trente", "quarante", "cinquante", "soixante", "septante soixante-dix soixante_dix", "huitante octante quatre-vingt quatre-vingts quatre_vingt quatre_vingts",
		  "nonante quatre-vingt-dix quatre_vingt_dix" },
		{ NULL, "onze", "douze", "treize", "quatorze", "quinze", "seize", "dix-sept dix_sept", "dix-huit dix_huit", "dix-neuf dix_neuf" }, NULL },
	{ /* Spanish */
		{ NULL, "diez", "veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa" },
		{ NULL, "once", "doce", "trece", "catorce", "quince", "dieciséis", "diecisiete", "dieciocho", "diecinueve" }, NULL },
	{ /* Italian */
		{ NULL, "dieci", "venti", "trenta", "quaranta", "cinquanta", "sessanta", "settanta", "ottanta", "novanta" },
		{ NULL, "undici", "dodici", "tredici", "quattordici", "quindici", "sedici", "diciassette", "diciotto", "diciannove" }, NULL },
	{ /* Portuguese */
		{ NULL, "dez", "vinte", "trinta", "quarenta", "cinquenta", "sessenta", "setenta", "oitenta", "noventa" },
		{ NULL, "onze", "doze", "treze", "catorze quatorze", "quinze", "dezesseis dezasseis", "dezessete dezassete", "dezoito", "dezenove dezanove" }, NULL },
	{ /* Dutch */
		{ NULL, "tien", "twintig", "dertig", "veertig", "vijftig", "zestig", "zeventig", "tachtig", "negentig" },
		{ NULL, "elf", "twaalf", "dertien", "veertien", "vijftien", "zestien", "zeventien", "achttien", "negentien" }, "en" },
};

enum { LANGUAGES = sizeof digits / sizeof *digits, PAIRS = sizeof pairs / sizeof *pairs };
_Static_assert(LANGUAGES <= 64, "a bit for each");

/* Words of any language. */
static const struct {
	const char *words;
	uint8_t value;
} others[] = {
	{ "dash hyphen minus dot point slash space comma strich bindestrich punkt komma leerzeichen leer tiret espace punto guion trattino streepje myslnik "
	  "дефис тире минус точка пробел", DIGITWORD_GAP },
	{ "and und et y e en och og i и και", DIGITWORD_AND },
	{ "double doppel doppelt zweimal dubbel doble doppio", DIGITWORD_TWICE },
	{ "triple treble dreifach dreimal triple", DIGITWORD_TWICE + 1 },
	{ "quadruple viermal", DIGITWORD_TWICE + 2 },
};

enum { WORDS_MAX = 6000, BUCKETS = 4096, BLOOM_BITS = 1 << 16, WORD_BYTES = 48 };

struct word {
	char text[WORD_BYTES];
	struct digitword w;
};

/* The tables of the process; written by digitwords_init() only. */
static struct {
	struct word *words;              /* by bucket, longest first */
	uint16_t first[BUCKETS + 1];
	uint64_t whole[BLOOM_BITS / 64]; /* of rows of letters */
	uint64_t lead[BLOOM_BITS / 64];  /* of first code points of three bytes */
} table;

static int is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static unsigned char low(char c)
{
	return (unsigned char)(is_letter(c) ? c | 0x20 : c);
}

static unsigned bucket(const char *s)
{
	return (low(s[0]) * 61u + low(s[1]) * 7u) % BUCKETS;
}

/* Of the first and the last bytes of a row of letters, and its length. */
static unsigned row_hash(const char *s, size_t size)
{
	uint32_t a, b;
	if (size >= 4) {
		memcpy(&a, s, 4);
		memcpy(&b, s + size - 4, 4);
	} else {
		a = (uint32_t)(unsigned char)s[0] << 8 | (unsigned char)s[size / 2];
		b = (unsigned char)s[size - 1];
	}
	if ((unsigned char)s[0] < 0x80) {
		a |= 0x20202020u;
		b |= 0x20202020u;
	}
	return ((a * 0x9e3779b1u ^ b * 0x85ebca6bu) + (uint32_t)size * 0xc2b2ae35u) >> 16;
}

static unsigned lead_hash(const char *s)
{
	return (((uint32_t)(unsigned char)s[0] << 16 | (uint32_t)(unsigned char)s[1] << 8 | (unsigned char)s[2]) * 0x9e3779b1u) >> 16;
}

static void set_bit(uint64_t *bits, unsigned h)
{
	bits[h / 64] |= UINT64_C(1) << h % 64;
}

int digitword_possible(const char *s, size_t size)
{
	unsigned h = row_hash(s, size);
	return table.whole[h / 64] >> h % 64 & 1;
}

int digitword_possible3(const char *s)
{
	unsigned h = lead_hash(s);
	return table.lead[h / 64] >> h % 64 & 1;
}

/* One reading of one word, as they are collected before they are sorted. */
struct list {
	struct word *item;
	size_t n;
};

static int add_text(struct list *l, const char *s, size_t size, uint8_t value, uint64_t of)
{
	if (size < 1 || size >= WORD_BYTES)
		return 0;
	if (l->n == WORDS_MAX)
		return -1;
	struct word *w = &l->item[l->n++];
	*w = (struct word){ .w = { .size = (uint8_t)size, .n = 1, .value = { value }, .languages = { of } } };
	memcpy(w->text, s, size);
	return 0;
}

enum letters { AS_IT_IS, CAPITALS, CAPITAL };

/* Other letters than ASCII's are listed in both cases. */
static int add_cased(struct list *l, const char *s, size_t size, enum letters how, uint8_t value, uint64_t of)
{
	char out[WORD_BYTES * 2];
	size_t o = 0;
	for (size_t i = 0; i < size && o + 4 < sizeof out;) {
		uint32_t cp = 0;
		int n = text_decode(s + i, size - i, &cp);
		if (n == 0)
			return 0;
		int up = cp >= 0x80 && (how == CAPITALS || (how == CAPITAL && i == 0));
		o += (size_t)text_encode(up ? (uint32_t)utf8proc_toupper((utf8proc_int32_t)cp) : cp < 0x80 ? low((char)cp) : cp, out + o);
		i += (size_t)n;
	}
	return add_text(l, out, o, value, of);
}

static int add_word(struct list *l, const char *s, size_t size, uint8_t value, uint64_t of)
{
	char spaced[WORD_BYTES], folded[WORD_BYTES];
	size_t n;
	if (size >= sizeof spaced)
		return 0;
	for (size_t i = 0; i < size; i++)
		spaced[i] = (char)(s[i] == '_' ? ' ' : s[i]);
	if (view_fold(spaced, size, folded, sizeof folded, &n) < 0)
		return -1;
	int r = 0;
	for (enum letters how = AS_IT_IS; how <= CAPITAL && r == 0; how++)
		r = add_cased(l, folded, n, how, value, of);
	return r;
}

static const char *next_word(const char *s, size_t *size_r)
{
	s += strspn(s, " ");
	*size_r = strcspn(s, " ");
	return s;
}

static int add_words(struct list *l, const char *words, uint8_t value, uint64_t of)
{
	size_t size;
	for (const char *s = words; *(s = next_word(s, &size)); s += size)
		if (add_word(l, s, size, value, of) < 0)
			return -1;
	return 0;
}

/* "einundzwanzig": each word for a unit with each for a ten. */
static int add_joined(struct list *l, const char *units, const char *and, const char *tens, uint8_t value, uint64_t of)
{
	size_t a_size, b_size;
	char pair[WORD_BYTES];
	for (const char *a = units; *(a = next_word(a, &a_size)); a += a_size)
		for (const char *b = tens; *(b = next_word(b, &b_size)); b += b_size) {
			int n = snprintf(pair, sizeof pair, "%.*s%s%.*s", (int)a_size, a, and, (int)b_size, b);
			if (n > 0 && n < (int)sizeof pair && add_word(l, pair, (size_t)n, value, of) < 0)
				return -1;
		}
	return 0;
}

static int add_pairs(struct list *l, const struct pairs *p, int language, uint64_t of)
{
	for (int d = 1; d < 10; d++) {
		if (add_words(l, p->ten[d], (uint8_t)(10 * d), of) < 0 || add_words(l, p->teen[d], (uint8_t)(10 + d), of) < 0)
			return -1;
		for (int ten = 2; ten < 10 && p->and; ten++)
			if (add_joined(l, digits[language][d], p->and, p->ten[ten], (uint8_t)(10 * ten + d), of) < 0)
				return -1;
	}
	return 0;
}

static int add_language(struct list *l, int i, uint64_t of)
{
	for (int d = 0; d < 10; d++)
		if (add_words(l, digits[i][d], (uint8_t)d, of) < 0)
			return -1;
	return i < PAIRS ? add_pairs(l, &pairs[i], i, of) : 0;
}

static int by_bucket(const void *pa, const void *pb)
{
	const struct word *a = pa, *b = pb;
	unsigned x = bucket(a->text), y = bucket(b->text);
	if (x != y)
		return x < y ? -1 : 1;
	if (a->w.size != b->w.size)
		return a->w.size > b->w.size ? -1 : 1;
	int c = memcmp(a->text, b->text, a->w.size);
	if (c != 0)
		return c;
	if ((a->w.value[0] >= 100) != (b->w.value[0] >= 100))
		return a->w.value[0] >= 100 ? 1 : -1;
	/* languages in their order: the lowest bit first */
	uint64_t l = a->w.languages[0] & -a->w.languages[0], m = b->w.languages[0] & -b->w.languages[0];
	return l != m ? (l < m ? -1 : 1) : a->w.value[0] < b->w.value[0] ? -1 : a->w.value[0] > b->w.value[0];
}

/* Readings beyond DIGITWORD_READINGS, those of the last languages, are left out. */
static void add_reading(struct digitword *w, uint8_t value, uint64_t of)
{
	int i = 0;
	while (i < w->n && w->value[i] != value)
		i++;
	if (i == DIGITWORD_READINGS)
		return;
	w->value[i] = value;
	w->languages[i] |= of;
	w->n = (uint8_t)(i == w->n ? i + 1 : w->n);
}

/* Makes the readings of one word, which stand beside each other, one. */
static void merge(struct list *l)
{
	size_t n = 0;
	for (size_t i = 0; i < l->n; i++) {
		struct word *last = n ? &l->item[n - 1] : NULL, *w = &l->item[i];
		if (last && last->w.size == w->w.size && memcmp(last->text, w->text, w->w.size) == 0)
			add_reading(&last->w, w->w.value[0], w->w.languages[0]);
		else
			l->item[n++] = *w;
	}
	l->n = n;
}

/* Each row of letters of a word, and its first code point if that has three bytes. */
static void mark_possible(const struct word *w)
{
	size_t size = w->w.size;
	if ((unsigned char)w->text[0] >= 0xe0)
		set_bit(table.lead, lead_hash(w->text));
	for (size_t i = 0, from = 0; i <= size; i++)
		if (i == size || ((unsigned char)w->text[i] < 0x80 && !is_letter(w->text[i]))) {
			if (i > from)
				set_bit(table.whole, row_hash(w->text + from, i - from));
			from = i + 1;
		}
}

int digitwords_init(void)
{
	struct list l = { NULL, 0 };
	int r = 0;
	if (table.words)
		return 0;
	l.item = calloc(WORDS_MAX, sizeof *l.item);
	if (!l.item)
		return -1;
	for (int i = 0; i < LANGUAGES && r == 0; i++)
		r = add_language(&l, i, UINT64_C(1) << i);
	for (size_t i = 0; i < sizeof others / sizeof *others && r == 0; i++)
		r = add_words(&l, others[i].words, others[i].value, UINT64_MAX);
	if (r < 0) {
		free(l.item);
		return -1;
	}
	qsort(l.item, l.n, sizeof *l.item, by_bucket);
	merge(&l);
	for (size_t i = 0; i < l.n; i++) {
		table.first[bucket(l.item[i].text) + 1]++;
		mark_possible(&l.item[i]);
	}
	for (int i = 0; i < BUCKETS; i++)
		table.first[i + 1] = (uint16_t)(table.first[i + 1] + table.first[i]);
	table.words = l.item;
	return 0;
}

static uint64_t languages_of(const struct digitword *w)
{
	uint64_t all = 0;
	for (int i = 0; i < w->n; i++)
		all |= w->languages[i];
	return all;
}

static int stands_at(const struct word *w, const char *s, size_t size)
{
	if (w->w.size > size)
		return 0;
	for (size_t i = 0; i < w->w.size; i++)
		if (low(s[i]) != (unsigned char)w->text[i])
			return 0;
	return 1;
}

static int goes_on(const char *s, size_t size, size_t at)
{
	return at < size && (is_letter(s[at]) || ((unsigned char)s[at] >= 0xc3 && (unsigned char)s[at] < 0xe0));
}

int digitword_at(const char *s, size_t size, uint64_t in, int whole, struct digitword *w_r)
{
	if (!table.words || size == 0)
		return 0;
	char two[2] = { s[0], size > 1 ? s[1] : '\0' };
	/* a word of one letter stands in a bucket of its own */
	unsigned buckets[2] = { bucket(two), bucket((char[]){ s[0], '\0' }) };
	for (int b = 0; b < 2; b++)
		for (unsigned i = table.first[buckets[b]]; i < table.first[buckets[b] + 1]; i++) {
			const struct word *w = &table.words[i];
			if (!stands_at(w, s, size) || !(languages_of(&w->w) & in) || (whole && goes_on(s, size, w->w.size)))
				continue;
			*w_r = w->w;
			return 1;
		}
	return 0;
}
