package postal

// composeTable lists, for each combining mark, pairs of a letter and the letter
// that carries the mark: the canonical compositions of Unicode for Latin letters.
// Files written on a Mac hold accents as marks of their own.
var composeTable = map[rune]string{
	'\u0300': "AÀEÈIÌOÒUÙaàeèiìoòuùÜǛüǜNǸnǹĒḔēḕŌṐōṑWẀwẁÂẦâầĂẰăằÊỀêềÔỒôồƠỜơờƯỪưừYỲyỳ", // grave accent
	'\u0301': "AÁEÉIÍOÓUÚYÝaáeéiíoóuúyýCĆcćLĹlĺNŃnńRŔrŕSŚsśZŹzźÜǗüǘGǴgǵÅǺåǻÆǼæǽØǾøǿÇḈçḉĒḖēḗÏḮïḯKḰkḱMḾmḿ" + // acute accent
		"ÕṌõṍŌṒōṓPṔpṕŨṸũṹWẂwẃÂẤâấĂẮăắÊẾêếÔỐôốƠỚơớƯỨưứ",
	'\u0302': "AÂEÊIÎOÔUÛaâeêiîoôuûCĈcĉGĜgĝHĤhĥJĴjĵSŜsŝWŴwŵYŶyŷZẐzẑẠẬạậẸỆẹệỌỘọộ",                             // circumflex accent
	'\u0303': "AÃNÑOÕaãnñoõIĨiĩUŨuũVṼvṽÂẪâẫĂẴăẵEẼeẽÊỄêễÔỖôỗƠỠơỡƯỮưữYỸyỹ",                                     // tilde
	'\u0304': "AĀaāEĒeēIĪiīOŌoōUŪuūÜǕüǖÄǞäǟȦǠȧǡÆǢæǣǪǬǫǭÖȪöȫÕȬõȭȮȰȯȱYȲyȳGḠgḡḶḸḷḹṚṜṛṝ",                         // macron
	'\u0306': "AĂaăEĔeĕGĞgğIĬiĭOŎoŏUŬuŭȨḜȩḝẠẶạặ",                                                             // breve
	'\u0307': "CĊcċEĖeėGĠgġIİZŻzżAȦaȧOȮoȯBḂbḃDḊdḋFḞfḟHḢhḣMṀmṁNṄnṅPṖpṗRṘrṙSṠsṡŚṤśṥŠṦšṧṢṨṣṩTṪtṫWẆwẇXẊxẋYẎyẏſẛ", // dot above
	'\u0308': "AÄEËIÏOÖUÜaäeëiïoöuüyÿYŸHḦhḧÕṎõṏŪṺūṻWẄwẅXẌxẍtẗ",                                               // diaeresis
	'\u0309': "AẢaảÂẨâẩĂẲăẳEẺeẻÊỂêểIỈiỉOỎoỏÔỔôổƠỞơởUỦuủƯỬưửYỶyỷ",                                             // hook above
	'\u030a': "AÅaåUŮuůwẘyẙ",                                                                                 // ring above
	'\u030b': "OŐoőUŰuű",                                                                                     // double acute accent
	'\u030c': "CČcčDĎdďEĚeěLĽlľNŇnňRŘrřSŠsšTŤtťZŽzžAǍaǎIǏiǐOǑoǒUǓuǔÜǙüǚGǦgǧKǨkǩƷǮʒǯjǰHȞhȟ",                   // caron
	'\u030f': "AȀaȁEȄeȅIȈiȉOȌoȍRȐrȑUȔuȕ",                                                                     // double grave accent
	'\u0311': "AȂaȃEȆeȇIȊiȋOȎoȏRȒrȓUȖuȗ",                                                                     // inverted breve
	'\u031b': "OƠoơUƯuư",                                                                                     // horn
	'\u0323': "BḄbḅDḌdḍHḤhḥKḲkḳLḶlḷMṂmṃNṆnṇRṚrṛSṢsṣTṬtṭVṾvṿWẈwẉZẒzẓAẠaạEẸeẹIỊiịOỌoọƠỢơợUỤuụƯỰưựYỴyỵ",         // dot below
	'\u0324': "UṲuṳ",                                                                                         // diaeresis below
	'\u0325': "AḀaḁ",                                                                                         // ring below
	'\u0326': "SȘsșTȚtț",                                                                                     // comma below
	'\u0327': "CÇcçGĢgģKĶkķLĻlļNŅnņRŖrŗSŞsşTŢtţEȨeȩDḐdḑHḨhḩ",                                                 // cedilla
	'\u0328': "AĄaąEĘeęIĮiįUŲuųOǪoǫ",                                                                         // ogonek
	'\u032d': "DḒdḓEḘeḙLḼlḽNṊnṋTṰtṱUṶuṷ",                                                                     // circumflex accent below
	'\u032e': "HḪhḫ",                                                                                         // breve below
	'\u0330': "EḚeḛIḬiḭUṴuṵ",                                                                                 // tilde below
	'\u0331': "BḆbḇDḎdḏKḴkḵLḺlḻNṈnṉRṞrṟTṮtṯZẔzẕhẖ",                                                           // macron below
}
